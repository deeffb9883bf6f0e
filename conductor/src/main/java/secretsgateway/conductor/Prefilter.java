package secretsgateway.conductor;

import com.netflix.conductor.common.metadata.tasks.TaskDef;
import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import com.netflix.conductor.common.metadata.workflow.WorkflowTask;
import com.netflix.conductor.model.TaskModel;
import java.util.Collection;
import java.util.Map;
import java.util.function.Predicate;

/** Finds out cheaply which tasks cannot concern the gateway. For all other tasks, the gateway decides. */
final class Prefilter {

    private static final String REFERENCE = "workflow.secrets";

    private Prefilter() {}

    /** Whether the task's definition may refer to a secret. References in the task's data do not count. */
    static boolean mayNeedInput(TaskModel task) {
        return mentions(parameters(task), REFERENCE) || mentions(template(task), REFERENCE);
    }

    /** Whether the gateway has to see the task's result even if the task used no secret. */
    static boolean mayChangeResult(TaskModel task, WorkflowDef definition) {
        return hasField(parameters(task), "outputFilter") || feedsUpdateSecret(task, definition);
    }

    private static boolean feedsUpdateSecret(TaskModel task, WorkflowDef definition) {
        String name = task.getReferenceTaskName();
        // The output of a JOIN task has the joined tasks by their names, so the name can be anywhere in the expression.
        String source = task.isLoopOverTask() ? name.replaceFirst("__\\d+$", "") : name;
        return definition.collectTasks().stream()
                .filter(Prefilter::updatesSecret)
                .anyMatch(other -> mentions(other.getInputParameters(), source) || mentions(template(other), source));
    }

    /** A SIMPLE task has the type of its name, because a worker polls the task by its name. */
    private static boolean updatesSecret(WorkflowTask task) {
        String type = "SIMPLE".equals(task.getType()) ? task.getName() : task.getType();
        return UpdateSecretTask.TYPE.equals(type);
    }

    static Object parameters(TaskModel task) {
        WorkflowTask definition = task.getWorkflowTask();
        return definition == null ? null : definition.getInputParameters();
    }

    private static Object template(WorkflowTask task) {
        return task.getTaskDefinition() == null ? null : task.getTaskDefinition().getInputTemplate();
    }

    static Object template(TaskModel task) {
        return task.getTaskDefinition().map(TaskDef::getInputTemplate).orElse(null);
    }

    private static boolean mentions(Object value, String text) {
        return any(value, leaf -> leaf.contains(text));
    }

    private static boolean any(Object value, Predicate<String> test) {
        if (value instanceof String text) return test.test(text);
        if (value instanceof Map<?, ?> map) return map.values().stream().anyMatch(part -> any(part, test));
        if (value instanceof Collection<?> list) return list.stream().anyMatch(part -> any(part, test));
        return false;
    }

    private static boolean hasField(Object value, String field) {
        if (value instanceof Map<?, ?> map)
            return map.containsKey(field) || map.values().stream().anyMatch(part -> hasField(part, field));
        if (value instanceof Collection<?> list) return list.stream().anyMatch(part -> hasField(part, field));
        return false;
    }
}
