"""Milliseconds from a movement of a slider to the new picture, in the studio in Chromium: median of 20.

python benchmarks/studio.py [MODEL]
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from statistics import median

from playwright.sync_api import sync_playwright

MOVE = """
async () => {
  const sliders = [...document.querySelectorAll('input[type=range]')].filter((each) => each.max === '1.5');
  const slider = sliders[sliders.length - 1], times = [];
  for (let k = 0; k < 20; k++) {
    const before = document.querySelector('.result img').src, start = performance.now();
    slider.value = String(0.05 * k - 0.4);
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    for (;;) {
      await new Promise((next) => setTimeout(next, 1));
      const image = document.querySelector('.result img');
      if (image.src !== before && image.complete) break;
    }
    times.push(performance.now() - start);
    await new Promise((next) => setTimeout(next, 50));
  }
  return times;
}
"""


def main() -> None:
    """Print one line."""
    model = sys.argv[1] if len(sys.argv) > 1 else "faces64"
    command = [sys.executable, "-m", "unweave", "studio", model, "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as driver:
        try:
            assert server.stdout is not None
            address = re.search(r"http://\S+", server.stdout.readline())
            assert address is not None
            flags = ["--no-sandbox", "--disable-gpu"]
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
            page = browser.new_page()
            page.goto(address[0])
            page.get_by_role("button", name="all of these").click()
            page.get_by_text("; with ").wait_for()
            times = page.evaluate(MOVE)
            browser.close()
        finally:
            server.terminate()
    print(f"from slider to picture, {model}: median {median(times):.0f} ms, slowest of 20 {max(times):.0f} ms")


if __name__ == "__main__":
    main()
