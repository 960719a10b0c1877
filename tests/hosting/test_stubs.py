"""The import of Gradio without its type stubs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = """
import sys
from denoise_demo.hosting import skip_stubs

skip_stubs()
import gradio
from gradio import component_meta
from gradio.components import Textbox

parsed = []
component_meta.extract_class_source_code = lambda *given: parsed.append(given) or (None, None)
class Mine(Textbox):
    pass
print(len(parsed), Mine(label="x").get_config()["label"])
"""


def test_gradio_defines_components_without_parsing_their_source():
    ran = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert ran.stdout == "0 x\n"
