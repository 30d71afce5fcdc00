"""Advice on fields of `TrainConfig`: the tutorial article's values and our own measurements.

`python -m mnist_core claims` repeats the measurements; docs/claims.md has the table.
"""

ADVICE = {
    "model": "The article starts with mnist_cnn, then adds ReLU and dropout (mnist_cnn_fixed), "
    "batch normalisation (mnist_cnn_bn) and residual blocks (mnist_resnet).",
    "kernel_size": "The article tries 3 and 5.",
    "dropout": "The article tries 0.3 to 0.5.",
    "optimizer": "The article uses SGD with momentum, or Adam.",
    "learning_rate": "The article tries 0.0001 to 0.1. SGD tolerates higher values than Adam; the "
    "page Search runs a learning-rate range test.",
    "momentum": "The article uses 0.5; 0.9 is common.",
    "weight_decay": "Common values are 1e-4 with SGD and 1e-2 with AdamW.",
    "lr_scheduler": "The article uses StepLR, CosineAnnealingLR, ReduceLROnPlateau or OneCycleLR.",
    "batch_size": "The article tries 32 to 256 and starts with 64. Larger batches are faster on a "
    "GPU and need a higher learning rate.",
    "epochs": "The article trains for 10.",
    "augment": "article: rotation by up to 10 degrees, shift by up to a tenth. pen: distortions "
    "of handwriting; recommended for recognising drawings.",
    "allographs": "They have the shapes that MNIST lacks: slashed zeros, ones with a flag or a "
    "foot, crossed sevens.",
    "precision": "The article: fp16 or bf16 halve the memory use on a GPU.",
    "teacher": "The article distils a large network into a small one (improved into "
    "mnist_cnn_fixed).",
    "distill_temperature": "The article uses 4.",
    "init_weights": "Transfer learning: start from weights that already recognise digits.",
    "freeze": "The article freezes conv1.",
    "label_smoothing": "A common value is 0.1.",
    "early_stopping": "A common value for long runs is 5.",
}
