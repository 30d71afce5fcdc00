"""The pages of the dashboard. They show the contents of run folders; arithmetic is mnist_core's."""
