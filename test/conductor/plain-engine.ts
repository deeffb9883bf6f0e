// Starts one Conductor server without the gateway's module for the complete test run. Several test files use this server.
import type { TestProject } from 'vitest/node';
import { type EngineAt, startEngine } from './engine.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Conductor server without the gateway's module. */
    plainEngine: EngineAt;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, databaseFile, logFile, stop } = await startEngine();
  project.provide('plainEngine', { url, databaseFile, logFile });
  return stop;
}
