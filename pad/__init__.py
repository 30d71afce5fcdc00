"""The drawing pad: a Gradio page around one sketchpad component. No arithmetic on tensors."""
