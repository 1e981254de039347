# One file for every image, since they share their build. Targets: gateway, worker, tools.
# Debian, not Alpine: the packages' prebuilt programs are linked with glibc.
FROM node:24-bookworm-slim AS base
WORKDIR /sotto
ENV NODE_ENV=production NPM_CONFIG_UPDATE_NOTIFIER=false PRISMA_HIDE_UPDATE_MESSAGE=1 CHECKPOINT_DISABLE=1

# Everything that a package manager reads, and nothing that changes more often.
FROM base AS manifests
COPY package.json package-lock.json .npmrc ./
COPY apps/cli/package.json apps/cli/
COPY apps/gateway/package.json apps/gateway/
COPY apps/worker/package.json apps/worker/
COPY packages/audit/package.json packages/audit/
COPY packages/database/package.json packages/database/
COPY packages/ledger/package.json packages/ledger/
COPY packages/privacy/package.json packages/privacy/
COPY packages/questions/package.json packages/questions/
COPY packages/recommender/package.json packages/recommender/
COPY packages/shop/package.json packages/shop/
COPY packages/training/package.json packages/training/
COPY packages/vault/package.json packages/vault/

FROM manifests AS build
RUN npm ci --include=dev --ignore-scripts
COPY . .
RUN npx prisma generate && npx tsc -b \
  && find apps packages -name '*.map' -path '*/dist/*' -delete \
  && find apps packages -name '*.d.ts' -path '*/dist/*' -delete

# --omit=optional leaves out the embedded PostgreSQL: a container has a server of its own beside it.
FROM manifests AS gateway-modules
RUN npm ci --omit=dev --omit=optional --ignore-scripts --workspace=apps/gateway

FROM manifests AS worker-modules
RUN npm ci --omit=dev --omit=optional --ignore-scripts --workspace=apps/worker

FROM manifests AS tools-modules
RUN npm ci --include=dev --omit=optional --ignore-scripts --workspace=apps/cli --include-workspace-root

FROM base AS gateway
COPY --from=gateway-modules /sotto/ ./
COPY --from=build /sotto/packages/database/dist packages/database/dist
COPY --from=build /sotto/packages/ledger/dist packages/ledger/dist
COPY --from=build /sotto/packages/privacy/dist packages/privacy/dist
COPY --from=build /sotto/packages/questions/dist packages/questions/dist
COPY --from=build /sotto/packages/recommender/dist packages/recommender/dist
COPY --from=build /sotto/packages/shop/dist packages/shop/dist
COPY --from=build /sotto/packages/training/dist packages/training/dist
COPY --from=build /sotto/packages/vault/dist packages/vault/dist
COPY --from=build /sotto/apps/gateway/dist apps/gateway/dist
COPY prisma/migrations prisma/migrations
USER node
EXPOSE 4000
CMD ["node", "apps/gateway/dist/main.js"]

FROM base AS worker
COPY --from=worker-modules /sotto/ ./
COPY --from=build /sotto/packages/audit/dist packages/audit/dist
COPY --from=build /sotto/packages/database/dist packages/database/dist
COPY --from=build /sotto/packages/ledger/dist packages/ledger/dist
COPY --from=build /sotto/packages/privacy/dist packages/privacy/dist
COPY --from=build /sotto/packages/questions/dist packages/questions/dist
COPY --from=build /sotto/packages/recommender/dist packages/recommender/dist
COPY --from=build /sotto/packages/training/dist packages/training/dist
COPY --from=build /sotto/apps/worker/dist apps/worker/dist
COPY prisma/migrations prisma/migrations
USER node
CMD ["node", "apps/worker/dist/main.js"]

# init and migrate: the Prisma CLI and the commands, for one-shot runs.
FROM base AS tools
COPY --from=tools-modules /sotto/ ./
COPY --from=build /sotto/packages packages
COPY --from=build /sotto/apps/cli/dist apps/cli/dist
COPY prisma prisma
COPY prisma.config.ts ./
USER node
ENTRYPOINT ["node", "apps/cli/dist/main.js"]
