"""The network in training: classifier and embedding in one pass, frozen parts, average."""

from typing import cast

import torch
from torch import Tensor, nn

from tracker.reid.osnet import OSNet, build_osnet
from tracker.training.reid_recipe import Recipe

CLASSIFIER = "classifier"
SGD_MOMENTUM = 0.9


class Training(nn.Module):
    """OSNet that gives both what the cross-entropy and what the triplet loss need."""

    def __init__(self, osnet: OSNet) -> None:
        super().__init__()
        self.osnet = osnet

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, 3, H, W) to logits (B, people) and embeddings (B, 512), both float32."""
        pooled = self.osnet.features(x).mean(dim=(2, 3))
        embedding = self.osnet.fc(pooled)
        logits = self.osnet.classifier(embedding)
        return cast(Tensor, logits).float(), cast(Tensor, embedding).float()


def set_frozen(osnet: OSNet, *, frozen: bool) -> None:
    """Let only the classifier learn, or everything; frozen norms keep their statistics too."""
    osnet.train()
    for name, part in osnet.named_children():
        learns = name == CLASSIFIER or not frozen
        part.train(learns)
        part.requires_grad_(learns)


class Average:
    """A running average of all weights and norm statistics.

    Early on it forgets faster, (1 + n) / (10 + n) after n steps, so that the random start does
    not linger.
    """

    def __init__(self, model: nn.Module, keep: float) -> None:
        self._keep = keep
        self.state = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move towards the model's weights after step number `step`."""
        share = 1 - min(self._keep, (1 + step) / (10 + step))
        theirs = model.state_dict()
        moving = [name for name, mine in self.state.items() if mine.is_floating_point()]
        torch._foreach_lerp_(  # one call, since a GPU would spend longer on hundreds of small ones
            [self.state[name] for name in moving], [theirs[name] for name in moving], share
        )
        for name in self.state.keys() - set(moving):
            self.state[name].copy_(theirs[name])


def without_classifier(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return what inference needs, on the CPU."""
    return {
        k: v.detach().cpu().contiguous()
        for k, v in state.items()
        if not k.startswith(f"{CLASSIFIER}.")
    }


def make_network(arch: str, people: int, weights: dict[str, Tensor] | None) -> OSNet:
    """Build a variant with a fresh classifier, on given weights or on random ones."""
    osnet = build_osnet(arch, people)
    if weights is not None:
        own = {k: v for k, v in osnet.state_dict().items() if k.startswith("classifier.")}
        osnet.load_state_dict(weights | own)
    return osnet


def make_optimizer(osnet: OSNet, recipe: Recipe) -> torch.optim.Optimizer:
    """Make the optimizer; its rate is set anew in every step, decay applies to all weights."""
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(
            osnet.parameters(), recipe.rate, SGD_MOMENTUM,
            weight_decay=recipe.weight_decay, fused=True,
        )  # fmt: skip
    return torch.optim.Adam(
        osnet.parameters(), recipe.rate, weight_decay=recipe.weight_decay,
        amsgrad=recipe.optimizer == "amsgrad", fused=True,
    )  # fmt: skip
