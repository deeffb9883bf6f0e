package secretsgateway.conductor;

import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import com.netflix.conductor.model.TaskModel;
import com.netflix.conductor.model.WorkflowModel;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds sensitive data of the execution that a task needs and that an archive has replaced by {@code ***}. If such a workflow is
 * retried, the engine would send {@code ***} or null instead.
 *
 * <p>The gateway makes the same check for polled tasks (src/conductor/archived-places.ts), and reads the execution for it. The
 * check is here too, because the module has the execution in memory, and does not ask the gateway about tasks without references
 * to secrets.
 */
final class ArchivedInput {

    private static final String MASK = "***";
    private static final String SECRETS = "_secrets";
    private static final Pattern EXPRESSION =
            Pattern.compile("\\$\\{(workflow\\.input|([^.\\[\\]{}\\s]+)\\.output)\\.([^}]+)}");
    private static final Pattern ITERATION = Pattern.compile("(?:__\\d+)+$");
    private static final Pattern NAME = Pattern.compile("[^.\\[\\]'\"]+");

    private ArchivedInput() {}

    /** The reason why the task cannot run, or null if the task needs no masked data. */
    static String problem(WorkflowModel workflow, TaskModel task) {
        Set<String> sensitive = sensitive(workflow.getWorkflowDefinition());
        Set<String> lost = new LinkedHashSet<>();
        collect(Prefilter.parameters(task), workflow, sensitive, lost);
        collect(Prefilter.template(task), workflow, sensitive, lost);
        if (lost.isEmpty()) return null;
        return "The task " + task.getReferenceTaskName() + " needs " + String.join(", ", lost)
                + ". This execution was archived, and has *** in place of the value. Start a new execution.";
    }

    private static Set<String> sensitive(WorkflowDef definition) {
        Set<String> names = new LinkedHashSet<>(Set.of(SECRETS));
        if (definition.getMaskedFields() != null) names.addAll(definition.getMaskedFields());
        return names;
    }

    private static void collect(Object value, WorkflowModel workflow, Set<String> sensitive, Set<String> lost) {
        if (value instanceof Map<?, ?> map) map.values().forEach(part -> collect(part, workflow, sensitive, lost));
        if (value instanceof Collection<?> list) list.forEach(part -> collect(part, workflow, sensitive, lost));
        if (!(value instanceof String text)) return;
        Matcher expression = EXPRESSION.matcher(text);
        while (expression.find()) {
            String path = expression.group(3);
            boolean isLost = data(expression.group(2), workflow).anyMatch(data -> isLost(path, data, sensitive));
            if (isLost) lost.add(expression.group(1) + "." + path);
        }
    }

    /** The outputs of the task with this reference name in all iterations and retries. Without a name, the workflow's input. */
    private static Stream<Map<String, Object>> data(String reference, WorkflowModel workflow) {
        if (reference == null) return Stream.ofNullable(workflow.getInput());
        return workflow.getTasks().stream()
                .filter(task -> reference.equals(task.getReferenceTaskName())
                        || reference.equals(ITERATION.matcher(task.getReferenceTaskName()).replaceFirst("")))
                .map(TaskModel::getOutputData);
    }

    private static boolean isLost(String path, Map<String, Object> data, Set<String> sensitive) {
        Object value = data;
        boolean hidden = false;
        Matcher names = NAME.matcher(path);
        while (names.find() && value instanceof Map<?, ?> map) {
            hidden |= sensitive.contains(names.group());
            value = map.get(names.group());
        }
        return hidden && MASK.equals(value);
    }
}
