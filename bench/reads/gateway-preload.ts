// Loaded into the gateway's process ahead of it; nothing of the gateway knows of it.
import { answerQuestions } from './usage.ts';

answerQuestions();
