package secretsgateway.conductor;

import com.netflix.conductor.common.metadata.tasks.TaskDef;
import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import com.netflix.conductor.common.metadata.workflow.WorkflowTask;
import com.netflix.conductor.model.TaskModel;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Stream;

/** Finds tasks that certainly use no secret, without a call to the gateway. The gateway decides about all remaining tasks. */
final class Prefilter {

    private static final String REFERENCE = "workflow.secrets";
    private static final String DYNAMIC = "DYNAMIC";

    private Prefilter() {}

    /** Whether the registered text of the task may refer to a secret. References in data are ignored. */
    static boolean mayNeedInput(TaskModel task) {
        return mentions(parameters(task), REFERENCE) || mentions(template(task), REFERENCE);
    }

    /** Whether the module must send the task's result to the gateway even if the task used no secret. */
    static boolean mayChangeResult(TaskModel task, WorkflowDef definition) {
        return hasField(parameters(task), "outputFilter") || canUpdateSecret(definition);
    }

    /**
     * The gateway decides which value an UPDATE_SECRET task stores. A DYNAMIC task can become an UPDATE_SECRET task when the
     * workflow runs.
     */
    private static boolean canUpdateSecret(WorkflowDef definition) {
        return definition.collectTasks().stream().anyMatch(Prefilter::canUpdateSecret);
    }

    private static boolean canUpdateSecret(WorkflowTask task) {
        TaskDef embedded = task.getTaskDefinition();
        return DYNAMIC.equals(task.getType())
                || mentions(Arrays.asList(task.getType(), task.getName(), task.getInputParameters()), UpdateSecretTask.TYPE)
                || embedded != null
                        && mentions(Arrays.asList(embedded.getName(), embedded.getInputTemplate()), UpdateSecretTask.TYPE);
    }

    static Object parameters(TaskModel task) {
        WorkflowTask definition = task.getWorkflowTask();
        return definition == null ? null : definition.getInputParameters();
    }

    static Object template(TaskModel task) {
        return task.getTaskDefinition().map(TaskDef::getInputTemplate).orElse(null);
    }

    private static boolean mentions(Object value, String text) {
        return textsIn(value).anyMatch(leaf -> leaf.contains(text));
    }

    /** Returns all strings in a value, without the names of JSON fields. */
    static Stream<String> textsIn(Object value) {
        if (value instanceof String text) return Stream.of(text);
        if (value instanceof Map<?, ?> map) return map.values().stream().flatMap(Prefilter::textsIn);
        if (value instanceof Collection<?> list) return list.stream().flatMap(Prefilter::textsIn);
        return Stream.empty();
    }

    private static boolean hasField(Object value, String field) {
        if (value instanceof Map<?, ?> map)
            return map.containsKey(field) || map.values().stream().anyMatch(part -> hasField(part, field));
        if (value instanceof Collection<?> list) return list.stream().anyMatch(part -> hasField(part, field));
        return false;
    }
}
