"""The Gradio side: the sketchpad component and its page. No arithmetic on tensors in here."""
