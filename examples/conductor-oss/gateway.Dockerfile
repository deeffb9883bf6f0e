# Builds a Docker image of the gateway. The build context is the root of the repository.
FROM node:24-bookworm-slim
WORKDIR /gateway
COPY . .
RUN npm ci && mkdir /keyring && chown node:node /keyring
USER node
EXPOSE 4000
HEALTHCHECK --interval=5s --retries=20 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4000/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["npm", "start"]
