"""The baseline of `live_latency.py`: Gradio's own Sketchpad and Label around the same network."""

from typing import Any

import gradio as gr

from mnist_core import load_classifier

classifier = load_classifier()


def classify(drawing: dict[str, Any] | None) -> dict[str, float]:
    """Return the ten probabilities for what is on the sketchpad."""
    if drawing is None or drawing["composite"] is None:
        return {}
    prediction = classifier.classify(drawing["composite"])
    if prediction.is_blank:
        return {}
    return {str(digit): float(p) for digit, p in enumerate(prediction.probabilities)}


with gr.Blocks(analytics_enabled=False) as page:
    pad = gr.Sketchpad(type="pil", canvas_size=(280, 280))
    label = gr.Label(num_top_classes=10, elem_id="label")
    pad.change(classify, pad, label, show_progress="hidden")

if __name__ == "__main__":
    page.launch(theme=gr.themes.Base(font=["sans-serif"]), ssr_mode=False)
