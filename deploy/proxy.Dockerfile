# The proxy, run by a user of its own, whose certificates they are.
ARG CADDY_IMAGE
FROM ${CADDY_IMAGE}
RUN adduser -D -u 10002 proxy && chown -R proxy /data /config
COPY --chmod=644 Caddyfile /etc/caddy/Caddyfile
USER proxy
