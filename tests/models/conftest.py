"""Networks that several tests of models use."""

from pathlib import Path

import pytest
import torch
from support.networks import load_members

from mnist_core.models.architectures import build_model
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.network import DigitNet
from mnist_core.models.options import VOTES
from mnist_core.models.weights import save_weights


@pytest.fixture
def model() -> DigitNet:
    """The article's network, untrained."""
    torch.manual_seed(0)
    return build_model("mnist_cnn").eval()


@pytest.fixture(scope="module", params=VOTES)
def ensemble_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shipped networks as one file, for each vote; its name is the vote."""
    path = tmp_path_factory.mktemp("ensembles") / f"{request.param}.safetensors"
    save_weights(path, Ensemble(load_members(), request.param), {"note": "mine"})
    return path
