"""Theme, style sheet and head of the page. System fonts only: no request leaves the server."""

from pathlib import Path

import gradio as gr

_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

THEME = gr.themes.Base(
    primary_hue="teal",
    secondary_hue="teal",
    neutral_hue="slate",
    font=_SANS,
    font_mono=_MONO,
    radius_size="md",
).set(
    body_background_fill="*neutral_50",
    block_background_fill="white",
    block_background_fill_dark="*neutral_900",
    body_background_fill_dark="*neutral_950",
    block_border_width="1px",
    block_shadow="none",
    body_text_color_subdued="*neutral_500",
    button_primary_background_fill="*primary_700",
    button_primary_background_fill_hover="*primary_600",
    button_primary_background_fill_dark="*primary_700",
    button_primary_background_fill_hover_dark="*primary_600",
    button_primary_text_color="white",
    slider_color="*primary_600",
    color_accent="var(--accent)",
)
CSS = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
# Gradio centres its loading mark in a page that grows meanwhile: fixed, it does not jump.
HEAD = """<meta name="description" content="A live laboratory for denoising autoencoders">
<style>:root { --accent: #0f766e; } .dark { --accent: #2dd4bf; }
.gradio-container > .main > .wrap.translucent { position: fixed !important; }</style>"""
