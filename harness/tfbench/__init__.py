"""tfbench: proves or disproves a service-level promise by breaking a running system."""

__version__ = "0.1.0"
