# The controller's image: one bundled file on Node, not as root. Build it from the root of the repository:
#   docker build -t registry.example.com/cdk8s-database:0.1.0 .
FROM node:24-trixie-slim AS build
WORKDIR /src
COPY . .
RUN npm ci --no-audit --no-fund && npm run build:image

FROM node:24-trixie-slim
COPY --from=build --chmod=0444 /src/lib/image/cdk8s-database.mjs /app/cdk8s-database.mjs
# A number, so that the kubelet can tell that it is not root.
USER 65532:65532
# It is process 1: node handles SIGTERM itself, no shell stands between.
ENTRYPOINT ["node", "/app/cdk8s-database.mjs"]
CMD ["controller"]
