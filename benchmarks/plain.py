"""A plain page to compare with: slider.input -> gr.Image, with the laboratory's computation.

python -m benchmarks.plain ["no queue"]
"""

import sys

import gradio as gr
import torch

from denoise_demo.data import load_examples, to_pil
from denoise_demo.lab import Settings, run


def main() -> None:
    torch.set_num_threads(1)
    clean = load_examples().clean(slice(0, 1))

    def picture(blur: float) -> gr.Image:
        settings = Settings(
            kind="uniform", level=0.8, blur_sigma=blur, denoiser="blind-digits", seed=0
        )
        return gr.Image(to_pil(run(clean, settings).denoised, 8), label=f"{blur:g}")

    with gr.Blocks(analytics_enabled=False) as page:
        blur = gr.Slider(0, 4, 0.5, step=0.01, elem_id="blur-sigma")
        image = gr.Image(label="0", elem_id="out")
        queue = sys.argv[1:] != ["no queue"]
        options = {"trigger_mode": "always_last", "show_progress": "hidden", "queue": queue}
        blur.input(picture, blur, image, **options)
    page.launch(quiet=True)


if __name__ == "__main__":
    main()
