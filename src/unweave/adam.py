"""Adam as torch computes it, without `torch.optim.Adam`: the first one of those imports torch's compiler."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

State = dict[str, Tensor]


class Adam:
    """`torch.optim.Adam(fused=True)`, to the bit; it is there at once, where the other takes 1.5 s of every start.

    With `cut` from 1 up a gradient that is more than `cut` times as long as usual for its tensor, by Adam's mean of
    squares, is cut to that length.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], *, rate: float, betas: tuple[float, float], cut: float = 0.0
    ) -> None:
        self.parameters = list(parameters)
        self.cut = cut
        self.rate = self.initial_rate = rate  # a schedule sets the one from the other
        self.betas = betas
        self.state: dict[int, State] = {}
        """Number of a parameter that has had a gradient -> its step, exp_avg and exp_avg_sq, as torch calls them."""

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter that has a gradient."""
        moved, gradients, states = [], [], []
        for k, parameter in enumerate(self.parameters):
            if parameter.grad is not None:
                if k not in self.state:
                    self.state[k] = fresh(parameter)
                moved.append(parameter)
                gradients.append(parameter.grad)
                states.append(self.state[k])
                if self.cut:
                    parameter.grad.mul_(self._share(parameter.grad, self.state[k]))
        adam(
            moved,
            gradients,
            exp_avgs=[state["exp_avg"] for state in states],
            exp_avg_sqs=[state["exp_avg_sq"] for state in states],
            max_exp_avg_sqs=[],
            state_steps=[state["step"] for state in states],
            fused=True,
            amsgrad=False,
            beta1=self.betas[0],
            beta2=self.betas[1],
            lr=self.rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )

    def _share(self, gradient: Tensor, state: State) -> Tensor:
        """What share of a gradient is left when it is cut: all of one that is as long as usual, and of the first."""
        usual = (state["exp_avg_sq"].sum() / (1 - self.betas[1] ** state["step"])).sqrt()
        share = (self.cut * usual / gradient.norm()).clamp(max=1)
        return torch.where(usual > 0, share, 1.0)  # not of no steps, 0 / 0

    def restore(self, state: dict[int, State]) -> None:
        """Go on from the `state` of another, wherever its tensors are."""
        device = self.parameters[0].device
        self.state = {k: {name: value.to(device) for name, value in each.items()} for k, each in state.items()}


def fresh(parameter: nn.Parameter) -> State:
    """The state of a parameter before its first step."""
    return {
        "step": torch.zeros((), dtype=torch.float32, device=parameter.device),
        "exp_avg": torch.zeros_like(parameter),
        "exp_avg_sq": torch.zeros_like(parameter),
    }
