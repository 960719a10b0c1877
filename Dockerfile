# The page on a CPU: docker build -t denoise_demo . && docker run -p 7860:7860 denoise_demo
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    HOME=/tmp

WORKDIR /app
COPY requirements.txt requirements-cpu.txt ./
RUN pip install -r requirements-cpu.txt
COPY app.py LICENSE ./
COPY denoise_demo denoise_demo
COPY weights weights
RUN python -m compileall -q denoise_demo

# The code belongs to root; the page writes temporary files only, below /tmp.
USER 1000
EXPOSE 7860
HEALTHCHECK --start-period=60s --interval=30s --timeout=5s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
CMD ["python", "app.py"]
