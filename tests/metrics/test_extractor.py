from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

from unweave.errors import UnweaveError
from unweave.metrics import extractor
from unweave.metrics.extractor import find_extractor
from unweave.metrics.inception import Inception


def ramp() -> torch.Tensor:
    """A picture without any draw: slopes across, down and both."""
    line = torch.linspace(-1, 1, 64)
    return torch.stack([line.expand(64, 64), line[:, None].expand(64, 64), line * line[:, None]])[None]


def test_features_of_efficientnet_are_those_recorded_from_the_reference() -> None:
    found = find_extractor()
    assert found.name == "efficientnet-lite0"
    assert found.sha256.startswith("57934424")  # as the file's name says
    features = found(ramp())
    assert features.shape == (1, 1280)
    recorded = torch.tensor([4.635821, 4.469006, 4.291700, 3.698575, 0.295879])
    assert_close(features[0, [113, 930, 897, 1006, 2]], recorded, atol=1e-3, rtol=0)
    assert_close(features.mean().item(), 0.0855352, atol=1e-4, rtol=0)


def test_grey_images_are_read_as_rgb() -> None:
    grey = ramp()[:, :1]
    found = find_extractor()
    assert_close(found(grey), found(grey.repeat(1, 3, 1, 1)))


def test_inception_takes_the_weights_that_users_bring(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Inception()
    assert sum(weights.numel() for weights in network.parameters()) == 21_785_568
    names = network.state_dict()
    assert names["Conv2d_1a_3x3.conv.weight"].shape == (32, 3, 3, 3)
    assert names["Mixed_6a.branch3x3.conv.weight"].shape == (384, 288, 3, 3)
    assert names["Mixed_6c.branch7x7dbl_4.conv.weight"].shape == (160, 160, 7, 1)
    assert names["Mixed_7c.branch3x3dbl_3b.bn.running_var"].shape == (384,)
    torch.save({**names, "fc.weight": torch.zeros(1008, 2048)}, tmp_path / "inception.pth")
    found = find_extractor(tmp_path / "inception.pth")
    assert found.name == "inception"
    assert_close(found(ramp()), network.eval()(ramp()).detach(), atol=1e-4, rtol=1e-3)
    assert found(ramp()).shape == (1, 2048)


def test_files_that_hold_no_weights_get_one_line(tmp_path: Path) -> None:
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pth")
    (tmp_path / "text.pth").write_text("no weights")
    for name in ("other.pth", "text.pth"):
        with pytest.raises(UnweaveError, match=f"{name}: holds no weights of inception") as error:
            find_extractor(tmp_path / name)
        assert "\n" not in str(error.value)
    with pytest.raises(UnweaveError, match=r"gone\.pth: cannot be read"):
        find_extractor(tmp_path / "gone.pth")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractor, "PACKAGE", "no_such_package")
    with pytest.raises(UnweaveError, match=r"pip install 'unweave\[metrics\]'"):
        find_extractor()
