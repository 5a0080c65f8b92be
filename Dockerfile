# Reelay in one image: the roles api, worker, all and migrate (`docker run … reelay worker`), and the sandbox.
# Nothing is fetched but the base image and the packages of package-lock.json.
ARG NODE_VERSION=22

FROM node:${NODE_VERSION}-slim AS build
WORKDIR /reelay
# Without scripts: none of them is needed here, and some would download.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY prisma.config.ts tsconfig.json tsconfig.build.json ./
COPY prisma prisma
COPY src src
RUN npm run build

FROM node:${NODE_VERSION}-slim AS packages
WORKDIR /reelay
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
 # What nothing reads at run time: types, source maps, and Prisma's query compilers of other databases.
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
 && find node_modules/@prisma/client/runtime -name 'query_compiler_*' ! -name '*_fast_bg.postgresql.*' -delete

FROM node:${NODE_VERSION}-slim
# Assets go to /data, where a volume belongs; everything else may be read-only. A worker answers for its health.
ENV NODE_ENV=production DATA_DIR=/data METRICS_PORT=9090
RUN mkdir /data && chown node:node /data
WORKDIR /reelay
COPY package.json ./
COPY assets assets
COPY skills skills
COPY prisma/migrations prisma/migrations
COPY --from=packages /reelay/node_modules node_modules
COPY --from=build /reelay/dist dist
USER node
VOLUME /data
EXPOSE 3000 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=70s --start-interval=2s CMD ["node", "dist/health-check.js"]
# Node is process 1 and ends in order at SIGTERM: a wait of DRAIN_TIMEOUT + 30 s belongs to it.
ENTRYPOINT ["node", "dist/main.js"]
CMD ["all"]
