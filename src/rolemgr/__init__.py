"""SageMaker Role Manager as code: compose, render, check and prove least-privilege IAM roles."""

__version__ = "0.1.0"
