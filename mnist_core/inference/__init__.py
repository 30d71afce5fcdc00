"""Inference: from drawings and pictures to predictions, feature maps and attributions."""
