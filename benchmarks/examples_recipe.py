"""The baseline of time_to_accuracy.py: pytorch/examples' MNIST recipe, scored like ours.

Network, Adadelta, StepLR, batch sizes and data loading are those of pytorch/examples
mnist/main.py; it trains on our 55,000 images and is scored on our 5,000 after every epoch.
Prints "EPOCH ACCURACY SECONDS" since `--began` (time.time()).
"""

import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import StepLR
from torchvision import datasets, transforms

from mnist_core.data.mnist import SPLIT_SEED, data_root
from mnist_core.data.sizes import VALIDATION_SIZE
from mnist_core.utils.devices import choose_device


class Net(nn.Module):
    """conv 32, conv 64, pool, dropout, fc 128, dropout, fc 10."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, 1)
        self.conv2 = nn.Conv2d(32, 64, 3, 1)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(9216, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return log-probabilities (B, 10)."""
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x = self.dropout1(F.max_pool2d(x, 2)).flatten(1)
        return F.log_softmax(self.fc2(self.dropout2(F.relu(self.fc1(x)))), 1)


def main() -> None:
    """Train until the accuracy is reached."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--began", type=float, required=True)
    parser.add_argument("--accuracy", type=float, default=0.99)
    parser.add_argument("--device", default="auto")
    args = parser.parse_args()
    torch.manual_seed(1)
    device = choose_device(args.device)
    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    )
    whole = datasets.MNIST(str(data_root()), train=True, download=True, transform=transform)
    order = torch.randperm(len(whole), generator=torch.Generator().manual_seed(SPLIT_SEED))
    training, validation = (
        torch.utils.data.Subset(whole, part.tolist())
        for part in (order[VALIDATION_SIZE:], order[:VALIDATION_SIZE])
    )
    train_loader = torch.utils.data.DataLoader(training, batch_size=64, shuffle=True)
    test_loader = torch.utils.data.DataLoader(validation, batch_size=1000)
    model = Net().to(device)
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
    for _ in range(14):
        model.train()
        for data, target in train_loader:
            optimizer.zero_grad()
            loss = F.nll_loss(model(data.to(device)), target.to(device))
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            correct = sum(
                (model(data.to(device)).argmax(1) == target.to(device)).sum().item()
                for data, target in test_loader
            )
        scheduler.step()
        accuracy = correct / len(validation)
        seconds = time.time() - args.began
        print(json.dumps({"accuracy": accuracy, "seconds": seconds}), flush=True)
        if accuracy >= args.accuracy:
            return


if __name__ == "__main__":
    main()
