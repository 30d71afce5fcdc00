"""An architecture of one's own: two wide convolutions, and global average pooling."""

from torch import nn

from mnist_core.models.network import NUM_CLASSES, DigitNet


def wide_net() -> DigitNet:
    """Stages called conv1, conv2, ... are shown in the pad."""
    stages = [
        ("conv1", nn.Sequential(nn.Conv2d(1, 24, 7, padding=3), nn.BatchNorm2d(24), nn.ReLU())),
        ("pool1", nn.MaxPool2d(2)),
        ("conv2", nn.Sequential(nn.Conv2d(24, 48, 5, padding=2), nn.BatchNorm2d(48), nn.ReLU())),
        ("pool2", nn.AdaptiveAvgPool2d(3)),
    ]
    return DigitNet(stages, nn.Linear(48 * 3 * 3, NUM_CLASSES))
