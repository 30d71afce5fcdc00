"""What the article and our own measurements advise, by field of `TrainConfig`.

Our own: `python -m mnist_core claims` prints them; the README has the table.
"""

from __future__ import annotations

ADVICE = {
    "model": "The article starts with mnist_cnn, then adds ReLU and dropout (mnist_cnn_fixed), "
    "batch normalisation (mnist_cnn_bn) and residual blocks (mnist_resnet).",
    "kernel_size": "The article tries 3 and 5.",
    "dropout": "The article tries 0.3 to 0.5.",
    "optimizer": "The article: SGD with momentum, or Adam.",
    "learning_rate": "The article tries 0.0001 to 0.1. SGD bears more than Adam; the page Search "
    "can measure it.",
    "momentum": "The article uses 0.5; 0.9 is usual.",
    "weight_decay": "1e-4 is usual with SGD, 1e-2 with AdamW.",
    "lr_scheduler": "The article: StepLR, CosineAnnealingLR, ReduceLROnPlateau or OneCycleLR.",
    "batch_size": "The article tries 32 to 256, and starts with 64. Larger ones are faster on a "
    "GPU and want a higher learning rate.",
    "epochs": "The article trains for 10.",
    "augment": "article: rotation by 10 degrees, shift by a tenth. pen: ways of writing that MNIST "
    "lacks; choose it for drawings.",
    "precision": "The article: fp16 or bf16 halve the memory on a GPU.",
    "teacher": "The article: a large network teaches a small one (improved teaches "
    "mnist_cnn_fixed).",
    "distill_temperature": "The article uses 4.",
    "init_weights": "Transfer learning: start from weights that can read already.",
    "freeze": "The article freezes conv1.",
    "label_smoothing": "0.1 is usual.",
    "early_stopping": "5 is usual for long runs.",
}
