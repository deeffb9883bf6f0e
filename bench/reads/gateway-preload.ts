// Loaded into the gateway's process ahead of it; nothing of the gateway knows of it. Its workers have a channel of their own, to their parent.
import cluster from 'node:cluster';
import { answerQuestions } from './usage.ts';

if (cluster.isPrimary) answerQuestions();
