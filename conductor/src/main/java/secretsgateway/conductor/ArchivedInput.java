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

/**
 * Finds sensitive parts of the workflow's input that a task needs and that an archive has replaced by {@code ***}. If such a
 * workflow is retried, the engine would send {@code ***} or null instead.
 */
final class ArchivedInput {

    private static final String MASK = "***";
    private static final String SECRETS = "_secrets";
    private static final Pattern EXPRESSION = Pattern.compile("\\$\\{workflow\\.input\\.([^}]+)}");
    private static final Pattern NAME = Pattern.compile("[^.\\[\\]'\"]+");

    private ArchivedInput() {}

    /** The reason why the task cannot run, or null if the task needs no masked part of the input. */
    static String problem(WorkflowModel workflow, TaskModel task) {
        Set<String> sensitive = sensitive(workflow.getWorkflowDefinition());
        Set<String> lost = new LinkedHashSet<>();
        collect(Prefilter.parameters(task), workflow.getInput(), sensitive, lost);
        collect(Prefilter.template(task), workflow.getInput(), sensitive, lost);
        if (lost.isEmpty()) return null;
        return "The task " + task.getReferenceTaskName() + " needs " + String.join(", ", lost)
                + ". This execution was archived, and has *** in place of the value. Start a new execution.";
    }

    private static Set<String> sensitive(WorkflowDef definition) {
        Set<String> names = new LinkedHashSet<>(Set.of(SECRETS));
        if (definition.getMaskedFields() != null) names.addAll(definition.getMaskedFields());
        return names;
    }

    private static void collect(Object value, Map<String, Object> input, Set<String> sensitive, Set<String> lost) {
        if (value instanceof Map<?, ?> map) map.values().forEach(part -> collect(part, input, sensitive, lost));
        if (value instanceof Collection<?> list) list.forEach(part -> collect(part, input, sensitive, lost));
        if (!(value instanceof String text)) return;
        Matcher expression = EXPRESSION.matcher(text);
        while (expression.find()) {
            if (isLost(expression.group(1), input, sensitive)) lost.add("workflow.input." + expression.group(1));
        }
    }

    private static boolean isLost(String path, Map<String, Object> input, Set<String> sensitive) {
        Object value = input;
        boolean hidden = false;
        Matcher names = NAME.matcher(path);
        while (names.find() && value instanceof Map<?, ?> map) {
            hidden |= sensitive.contains(names.group());
            value = map.get(names.group());
        }
        return hidden && MASK.equals(value);
    }
}
