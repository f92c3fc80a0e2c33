# The page and the API in a container: see docs/serving.md. Built by hand: docker build -t dateline .
FROM python:3.11-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/dateline \
 && /opt/dateline/bin/pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu \
      --constraint constraints.txt '.[mcp]'

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 dateline && mkdir /data /cache && chown dateline /data /cache
COPY --from=build /opt/dateline /opt/dateline
ENV PATH=/opt/dateline/bin:$PATH DATELINE_DATA=/data DATELINE_CACHE=/cache PYTHONUNBUFFERED=1
USER dateline
VOLUME ["/data", "/cache"]
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/readyz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["dateline"]
CMD ["serve", "--no-browser", "--host", "0.0.0.0", "--auth", "/run/secrets/logins", "--token", "@/run/secrets/tokens", "--log", "-"]
