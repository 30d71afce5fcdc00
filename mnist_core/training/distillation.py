"""Loss of knowledge distillation."""

import torch.nn.functional as F
from torch import Tensor


def distillation_loss(logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """Return KL(teacher || student) of softened probabilities, times temperature squared.

    The factor makes the gradient's magnitude independent of the temperature. Source: Hinton,
    Vinyals, Dean 2015, "Distilling the Knowledge in a Neural Network", section 2.

    Parameters
    ----------
    logits, teacher_logits : Tensor (B, 10)
    temperature : float > 0
    """
    student = F.log_softmax(logits / temperature, 1)
    teacher = F.log_softmax(teacher_logits / temperature, 1)
    loss = F.kl_div(student, teacher, reduction="batchmean", log_target=True)
    return loss * temperature**2
