"""Model cards: how weights were made and how they score. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from pydantic import ConfigDict, Field, ValidationError, model_validator

from mnist_core.errors import MnistCoreError
from mnist_core.models.calibration import LogitCalibration
from mnist_core.models.options import ENSEMBLE, Architecture, Vote
from mnist_core.utils.json_files import JsonModel, describe_error

if TYPE_CHECKING:
    from mnist_core.models.architectures import ModelSpec

ARCHITECTURES = (*get_args(Architecture), ENSEMBLE)
"""The architectures that a card may name."""


class _Open(JsonModel):
    model_config = ConfigDict(extra="allow")


class CardScores(_Open):
    """Scores on a split: accuracy in [0, 1] and mean cross entropy in nats."""

    accuracy: float | None = Field(None, ge=0, le=1)
    loss: float | None = Field(None, ge=0)


class Origin(_Open):
    """The run that a promoted model comes from: its id and name, and when it was promoted.

    time is ISO 8601 in UTC; what is unknown is empty.
    """

    run: str = ""
    name: str = ""
    time: str = ""


class _Network(_Open):
    """The keys of a card that say how to build a network."""

    architecture: str = ""
    kernel_size: int | None = None
    dropout: float | None = None

    def spec(self) -> ModelSpec:
        """Return the architecture and its options. Raises MnistCoreError if they are invalid."""
        from mnist_core.models.architectures import ModelSpec  # imports torch

        return ModelSpec.parse({name: getattr(self, name) for name in ModelSpec.model_fields})


class MemberCard(_Network):
    """One network of an ensemble: what it is built from, its name and its scores."""

    name: str = ""
    validation: CardScores | None = None


class ModelCard(_Network):
    """What is known about weights. Unknown keys are kept, keys that are absent stay absent.

    Attributes
    ----------
    architecture, kernel_size, dropout
        See `ModelSpec`; the architecture of an ensemble is "ensemble".
    vote, members, refuses
        Of an ensemble; see `Ensemble`.
    config : dict
        The training configuration.
    data, command : str
        Training data, and the command that trains such weights.
    epoch : int
        Completed epochs.
    validation, test : CardScores
    environment : dict
        Versions and hardware.
    promoted : Origin
        Of a promoted model.
    calibration : LogitCalibration
        Fitted by `calibrate`; without one the network never refuses a drawing.
    """

    vote: Vote | None = None
    members: tuple[MemberCard, ...] = ()
    refuses: bool = False
    config: dict[str, Any] = Field(default_factory=dict)
    data: str = ""
    command: str = ""
    epoch: int | None = Field(None, ge=0)
    validation: CardScores | None = None
    environment: dict[str, Any] = Field(default_factory=dict)
    test: CardScores | None = None
    promoted: Origin = Origin()
    calibration: LogitCalibration | None = None

    @model_validator(mode="after")
    def _known_architecture(self) -> Self:
        if self.architecture not in ("", *ARCHITECTURES):
            raise ValueError(
                f"unknown architecture {self.architecture!r}; known architectures: "
                f"{', '.join(ARCHITECTURES)}"
            )
        return self

    @classmethod
    def parse(cls, content: str | Mapping[str, Any]) -> Self:
        """Return the card of a JSON text or of JSON types. Raises MnistCoreError if invalid."""
        try:
            if isinstance(content, str):
                return cls.model_validate_json(content)
            return cls.model_validate(content)
        except ValidationError as error:
            raise MnistCoreError(f"the model card is invalid ({describe_error(error)})") from None

    def accuracy(self, split: Literal["validation", "test"] = "validation") -> float | None:
        """Return the accuracy in [0, 1] on a split; None if unknown."""
        scores = self.validation if split == "validation" else self.test
        return scores.accuracy if scores else None

    @property
    def trained_with_non_digits(self) -> bool:
        """Whether the logsumexp of the logits tells digits from other drawings."""
        share = self.config.get("non_digits")
        return self.refuses or (isinstance(share, int | float) and share > 0)

    def as_dict(self) -> dict[str, Any]:
        """Return the card as JSON types."""
        return self.model_dump(mode="json", exclude_unset=True)

    def as_json(self, indent: int | None = 2) -> str:
        """Return the card as JSON text."""
        return self.model_dump_json(indent=indent, exclude_unset=True)

    def updated(self, **changes: Any) -> Self:
        """Return a copy with some keys changed; values as in `as_dict`."""
        return self.parse({**self.as_dict(), **changes})
