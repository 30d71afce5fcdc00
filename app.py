"""The pad: draw a digit and watch a convolutional network classify it. `python app.py`"""

from __future__ import annotations

from pad.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main())
