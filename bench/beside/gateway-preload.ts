// Reports the resource usage of a gateway process to the benchmark. Node loads this file before the code of the gateway. The gateway does not use
// this file. Worker processes use a separate IPC channel to the primary process.
import cluster from 'node:cluster';
import { answerQuestions } from './usage.ts';

if (cluster.isPrimary) answerQuestions();
