// Node loads this file before the gateway, and the gateway does not know about it. Worker processes have a separate IPC channel to their parent.
import cluster from 'node:cluster';
import { answerQuestions } from './usage.ts';

if (cluster.isPrimary) answerQuestions();
