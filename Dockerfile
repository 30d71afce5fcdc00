# The dashboard, as a Docker Space or anywhere:
#
#   docker build -t drawpad-dashboard .                          # CPU
#   docker build -t drawpad-dashboard --build-arg DEVICE=gpu .   # NVIDIA GPU
#   docker run -p 7860:7860 -e MNIST_DASHBOARD_PASSWORD=... drawpad-dashboard   # --gpus all
#
# Without a password, visitors from other machines may only look. On a Space, set it as a secret,
# and in README.md `sdk: docker` and `app_port: 7860`.
ARG DEVICE=cpu

FROM python:3.11-slim AS cpu
# its builds of torch sort before those of PyPI, which bring several GB of CUDA
ENV PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu

FROM python:3.11-slim AS gpu
# torch from PyPI brings CUDA; the host's container runtime brings the driver
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility

FROM ${DEVICE}
RUN useradd --create-home --uid 1000 user
WORKDIR /home/user/app
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir -r requirements.txt -c constraints.txt
COPY LICENSE dashboard.py ./
COPY .streamlit .streamlit
COPY weights weights
COPY mnist_core mnist_core
COPY board board

# data, runs and promoted models are in the user's home; mount a volume there to keep them
USER 1000
ENV HOME=/home/user \
    MNIST_ROOT=/home/user/data \
    MNIST_RUNS=/home/user/runs \
    PYTHONUNBUFFERED=1 \
    STREAMLIT_SERVER_HEADLESS=true
EXPOSE 7860
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/_stcore/health', timeout=5)"]
# under which names it is reached is not known here; whoever may not log in may only look
CMD ["python", "-m", "board", "--server.address=0.0.0.0", "--server.port=7860", "--server.allowedHosts=*"]
