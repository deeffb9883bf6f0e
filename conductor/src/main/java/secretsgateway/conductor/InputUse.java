package secretsgateway.conductor;

import com.netflix.conductor.core.execution.WorkflowExecutor;
import com.netflix.conductor.core.execution.tasks.WorkflowSystemTask;
import com.netflix.conductor.model.TaskModel;
import com.netflix.conductor.model.WorkflowModel;
import java.util.Map;
import java.util.Set;

/** Names the method of a system task that reads the task's input. Only this method gets secret values. */
final class InputUse {

    static final String START = "start";
    static final String EXECUTE = "execute";

    /**
     * The engine evaluates a WAIT or a JOIN again and again, and these tasks need no value from their input. A SUB_WORKFLOW
     * passes its input on in {@code start}, and only copies the child's result afterwards. A SWITCH has chosen its branch
     * before {@code start}. If {@code start} refuses the task, the engine does not queue the tasks of the branch.
     */
    private static final Map<String, Set<String>> KNOWN =
            Map.ofEntries(
                    Map.entry("HTTP", Set.of(START)),
                    Map.entry("KAFKA_PUBLISH", Set.of(START)),
                    Map.entry("SUB_WORKFLOW", Set.of(START)),
                    Map.entry("START_WORKFLOW", Set.of(START)),
                    Map.entry("SWITCH", Set.of(START)),
                    Map.entry("DECISION", Set.of(START)),
                    Map.entry("EVENT", Set.of(EXECUTE)),
                    Map.entry("WAIT", Set.of()),
                    Map.entry("HUMAN", Set.of()),
                    Map.entry("JOIN", Set.of()),
                    Map.entry("EXCLUSIVE_JOIN", Set.of()),
                    Map.entry("FORK", Set.of()),
                    Map.entry("NOOP", Set.of()),
                    Map.entry("PULL_WORKFLOW_MESSAGES", Set.of()));

    private InputUse() {}

    static boolean reads(WorkflowSystemTask target, String method) {
        Set<String> known = KNOWN.get(target.getTaskType());
        return known == null ? overrides(target, method) : known.contains(method);
    }

    private static boolean overrides(WorkflowSystemTask target, String method) {
        try {
            return target.getClass()
                            .getMethod(method, WorkflowModel.class, TaskModel.class, WorkflowExecutor.class)
                            .getDeclaringClass()
                    != WorkflowSystemTask.class;
        } catch (NoSuchMethodException e) {
            return true;
        }
    }
}
