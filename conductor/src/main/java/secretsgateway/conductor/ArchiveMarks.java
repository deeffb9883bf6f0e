package secretsgateway.conductor;

import com.netflix.conductor.model.TaskModel;
import com.netflix.conductor.model.WorkflowModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The places that archiving masked in an execution. The module stores the places in a variable of the execution. A retry, a
 * rerun or a restart of the execution must not send {@code ***} or null in place of a masked value.
 */
final class ArchiveMarks {

    /** Name of the variable with the masked places, and of a JSON field in the input of each task with a masked input. */
    static final String MARKS = "secretsGatewayArchived";

    static final String INPUT = "input";
    static final String OUTPUT = "output";
    static final String VARIABLES = "variables";
    private static final String WORKFLOW = "workflow";
    private static final String TASKS = "tasks";
    private static final String PARAMETERS = "parameters";
    private static final String TASK_ID = "taskId";
    private static final String PLACES = "places";
    /** If an input or output has more masked places, the module treats the complete input or output as masked. */
    private static final int MOST_PLACES = 200;

    /** These tasks copy outputs of other tasks when the engine evaluates the tasks again. */
    private static final Set<String> COPYING = Set.of("JOIN", "EXCLUSIVE_JOIN", "DO_WHILE");

    private final List<List<String>> workflow = new ArrayList<>();
    private final Map<String, List<List<String>>> tasks = new LinkedHashMap<>();
    private boolean parameters;

    /** Returns the marks of an execution. An execution that was never archived has no marks. */
    static ArchiveMarks of(WorkflowModel execution) {
        ArchiveMarks marks = new ArchiveMarks();
        Object stored = execution.getVariables() == null ? null : execution.getVariables().get(MARKS);
        if (!(stored instanceof Map<?, ?> map)) return marks;
        marks.workflow.addAll(places(map.get(WORKFLOW)));
        if (map.get(TASKS) instanceof Map<?, ?> byId)
            byId.forEach((id, list) -> marks.tasks.put(String.valueOf(id), places(list)));
        marks.parameters = Boolean.TRUE.equals(map.get(PARAMETERS));
        return marks;
    }

    boolean isEmpty() {
        return workflow.isEmpty() && tasks.isEmpty() && !parameters;
    }

    void addWorkflow(String part, List<List<String>> masked) {
        add(workflow, part, masked);
    }

    void addTask(TaskModel task, String part, List<List<String>> masked) {
        if (!masked.isEmpty()) add(tasks.computeIfAbsent(task.getTaskId(), id -> new ArrayList<>()), part, masked);
    }

    void addParameters() {
        parameters = true;
    }

    private static void add(List<List<String>> to, String part, List<List<String>> masked) {
        Set<List<String>> all = new LinkedHashSet<>(to);
        if (masked.size() > MOST_PLACES) all.add(List.of(part));
        else for (List<String> place : masked) all.add(prefixed(part, place));
        to.clear();
        to.addAll(all);
    }

    /** Stores the marks with the execution, without the marks of values that were replaced after archiving. */
    void store(WorkflowModel execution) {
        Map<String, Object> data = dataOf(execution);
        workflow.removeIf(place -> !MaskedPlaces.isStillMasked(data, place));
        Map<String, List<List<String>>> current = new LinkedHashMap<>();
        for (TaskModel task : execution.getTasks()) {
            List<List<String>> places = marked(task);
            if (!places.isEmpty()) current.put(task.getTaskId(), places);
            markInput(task, places);
        }
        tasks.clear();
        tasks.putAll(current);
        if (isEmpty()) {
            execution.getVariables().remove(MARKS);
            return;
        }
        Map<String, Object> stored = new LinkedHashMap<>(Map.of(WORKFLOW, workflow, TASKS, tasks));
        if (parameters) stored.put(PARAMETERS, true);
        execution.getVariables().put(MARKS, stored);
    }

    /** Marks the task's input with the task's own id. The gateway does not deliver a task with this mark to a worker. */
    private static void markInput(TaskModel task, List<List<String>> places) {
        List<List<String>> shown = places.stream().filter(place -> place.get(0).equals(INPUT)).toList();
        if (!shown.isEmpty()) task.getInputData().put(MARKS, Map.of(TASK_ID, task.getTaskId(), PLACES, shown));
    }

    /** Returns the first masked place of the task's stored input, or null. A rerun uses the stored input. */
    static String maskedInput(WorkflowModel execution, TaskModel task) {
        return of(execution).marked(task).stream()
                .filter(place -> place.get(0).equals(INPUT))
                .map(place -> task.getReferenceTaskName() + "." + String.join(".", place))
                .findFirst()
                .orElse(null);
    }

    /** Returns the first masked place that an expression in {@code templates} reads, or null. */
    static String maskedRead(WorkflowModel execution, Object... templates) {
        ArchiveMarks marks = of(execution);
        if (marks.isEmpty()) return null;
        List<List<String>> masked = null;
        boolean isBare = ExpressionPath.withoutBraces(execution);
        for (String text : Prefilter.textsIn(Arrays.asList(templates)).toList()) {
            if (marks.parameters && text.contains(MaskedPlaces.MASK)) return "a masked parameter of the task";
            List<ExpressionPath> paths = new ArrayList<>(ExpressionPath.in(text));
            if (isBare && paths.isEmpty()) paths.add(ExpressionPath.bare(text));
            for (ExpressionPath path : paths) {
                if (masked == null) masked = marks.current(execution);
                if (masked.stream().anyMatch(path::reads)) return path.text();
            }
        }
        return null;
    }

    /** Returns all places that still contain a mask, in the syntax of expressions. */
    private List<List<String>> current(WorkflowModel execution) {
        List<List<String>> all = new ArrayList<>();
        Map<String, Object> data = dataOf(execution);
        for (List<String> place : workflow)
            if (MaskedPlaces.isStillMasked(data, place)) all.add(prefixed(WORKFLOW, place));
        execution.getTasks().stream()
                .map(TaskModel::getReferenceTaskName)
                .distinct()
                .map(execution::getTaskByRefName)
                .forEach(task -> stillMasked(task).forEach(place -> all.add(prefixed(nameInExpressions(task), place))));
        return all;
    }

    private static String nameInExpressions(TaskModel task) {
        String name = task.getReferenceTaskName();
        return task.isLoopOverTask() ? name.split("__")[0] : name;
    }

    private List<List<String>> stillMasked(TaskModel task) {
        List<List<String>> masked = new ArrayList<>(marked(task));
        if (task.getTaskType() != null && COPYING.contains(task.getTaskType()))
            for (List<String> place : MaskedPlaces.in(task.getOutputData())) masked.add(prefixed(OUTPUT, place));
        return masked;
    }

    private List<List<String>> marked(TaskModel task) {
        Map<String, Object> data = dataOf(task);
        return tasks.getOrDefault(task.getTaskId(), List.of()).stream()
                .filter(place -> MaskedPlaces.isStillMasked(data, place))
                .toList();
    }

    private static List<String> prefixed(String first, List<String> place) {
        List<String> full = new ArrayList<>(List.of(first));
        full.addAll(place);
        return full;
    }

    private static Map<String, Object> dataOf(WorkflowModel execution) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put(INPUT, execution.getInput());
        data.put(OUTPUT, execution.getOutput());
        data.put(VARIABLES, execution.getVariables());
        return data;
    }

    private static Map<String, Object> dataOf(TaskModel task) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put(INPUT, task.getInputData());
        data.put(OUTPUT, task.getOutputData());
        return data;
    }

    private static List<List<String>> places(Object stored) {
        List<List<String>> places = new ArrayList<>();
        if (!(stored instanceof Collection<?> list)) return places;
        for (Object item : list) {
            if (item instanceof Collection<?> names && !names.isEmpty())
                places.add(names.stream().map(String::valueOf).toList());
        }
        return places;
    }
}
