# The container image of the gateway: `docker build -t secrets-gateway .` docs/deployment.md explains the image.
ARG BUILD_IMAGE=docker.io/library/node:24-bookworm-slim
# The runtime image needs only glibc and libstdc++. This runtime image has no shell and no package manager.
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

# This stage builds the web console, and chooses the Node program that runs the gateway.
FROM ${BUILD_IMAGE} AS console
WORKDIR /gateway
COPY .npmrc package.json package-lock.json ./
COPY console/package.json console/
COPY bin bin
COPY scripts/choose-node.mjs scripts/
RUN npm ci --ignore-scripts \
  && node scripts/choose-node.mjs \
  && cp -L node_modules/.bin/node /usr/local/bin/gateway-node
COPY schema.graphql tsconfig.json ./
COPY console console
# The console imports one module of the gateway.
COPY src src
RUN npm run build

# This stage installs only the packages that the gateway needs in production. The optional packages are Node, which the other stage has chosen, and
# the embedded PostgreSQL: the image contains no embedded PostgreSQL, because the data of a container does not survive the container.
FROM ${BUILD_IMAGE} AS gateway
WORKDIR /gateway
COPY .npmrc package.json package-lock.json ./
RUN npm pkg delete workspaces scripts.prepare \
  && npm ci --omit=dev --omit=optional --omit=peer --ignore-scripts \
  && rm -r .npmrc package-lock.json node_modules/.bin \
  # Prisma's packages contain 50 MB of code for other databases.
  && rm node_modules/@prisma/client/runtime/*.cockroachdb.* node_modules/@prisma/client/runtime/*.mysql.* \
    node_modules/@prisma/client/runtime/*.sqlite.* node_modules/@prisma/client/runtime/*.sqlserver.* \
  && mkdir -m 0700 /data
COPY --from=console /usr/local/bin/gateway-node /usr/local/bin/
COPY openapi.yaml schema.graphql ./
COPY prisma prisma
COPY console/operations.json console/
COPY --from=console /gateway/console/dist console/dist
COPY src src
# Node caches the compiled modules. With the cache in the image, each container starts faster and needs less memory. The name of the cache's folder
# contains the number of the user, so the user of the container fills the cache. Afterwards the files belong to root: the gateway only reads them.
ENV NODE_COMPILE_CACHE=/gateway/node_modules/.cache/compile
RUN mkdir -p $NODE_COMPILE_CACHE && chown 65532:65532 $NODE_COMPILE_CACHE
USER 65532:65532
RUN gateway-node --input-type=module -e "process.argv[2] = 'help'; await import('/gateway/src/main.ts'); await import('/gateway/src/startup/serve.ts'); await import('/gateway/src/commands/serve.ts')"
USER 0:0
RUN chown -R 0:0 $NODE_COMPILE_CACHE && chmod -R a+rX $NODE_COMPILE_CACHE

FROM ${RUNTIME_IMAGE}
COPY --from=gateway /usr/local/bin/gateway-node /usr/local/bin/node
COPY --from=gateway /gateway /gateway
COPY --from=gateway --chown=65532:65532 /data /data
WORKDIR /gateway
ENV DATA_DIR=/data HOST=0.0.0.0 WORKER_HOST=0.0.0.0 NODE_ENV=production NODE_COMPILE_CACHE=/gateway/node_modules/.cache/compile
# The number of the user nonroot. Kubernetes can check only from a number that the user is not root.
USER 65532:65532
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["/usr/local/bin/node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=8", "--heap-growing-percent=50", "/gateway/src/main.ts"]
CMD ["serve"]
