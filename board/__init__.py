"""The pages of the dashboard. They show what lies in run folders; arithmetic is mnist_core's."""
