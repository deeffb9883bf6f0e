// Node loads this file before the gateway, to report resource usage. The gateway does not know about this file. Worker processes have a separate IPC channel to the primary process.
import cluster from 'node:cluster';
import { answerQuestions } from './usage.ts';

if (cluster.isPrimary) answerQuestions();
