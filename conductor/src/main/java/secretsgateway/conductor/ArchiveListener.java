package secretsgateway.conductor;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import com.netflix.conductor.common.metadata.workflow.WorkflowTask;
import com.netflix.conductor.common.run.TaskSummary;
import com.netflix.conductor.common.run.WorkflowSummary;
import com.netflix.conductor.core.dal.ExecutionDAOFacade;
import com.netflix.conductor.core.exception.NotFoundException;
import com.netflix.conductor.core.listener.WorkflowStatusListener;
import com.netflix.conductor.dao.ExecutionDAO;
import com.netflix.conductor.dao.IndexDAO;
import com.netflix.conductor.model.TaskModel;
import com.netflix.conductor.model.WorkflowModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;

/**
 * Archives a workflow that has ended: the gateway replaces the sensitive parts of the execution by {@code ***}, the engine
 * stores the result, and removes the execution from the primary store if the index keeps it.
 */
final class ArchiveListener implements WorkflowStatusListener, DisposableBean {

    private static final Logger LOGGER = LoggerFactory.getLogger(ArchiveListener.class);
    private static final TypeReference<LinkedHashMap<String, Object>> MAP = new TypeReference<>() {};
    private static final String RAW_JSON = "rawJSON";
    private static final String DEFINED_VARIABLES = "definedVariables";
    private static final String PARAMETERS = "parameters";
    private static final long RETRY_SECONDS = 60;

    private final GatewayClient gateway;
    private final ExecutionDAOFacade executions;
    private final ExecutionDAO store;
    private final IndexDAO index;
    private final long delaySeconds;
    private final ScheduledExecutorService scheduler =
            Executors.newScheduledThreadPool(
                    2, Thread.ofPlatform().daemon().name("secrets-gateway-archive-", 0).factory());

    ArchiveListener(
            GatewayClient gateway, ExecutionDAOFacade executions, ExecutionDAO store, IndexDAO index, long delaySeconds) {
        this.gateway = gateway;
        this.executions = executions;
        this.store = store;
        this.index = index;
        this.delaySeconds = delaySeconds;
    }

    @Override
    public void onWorkflowCompleted(WorkflowModel workflow) {
        schedule(workflow.getWorkflowId(), delaySeconds);
    }

    @Override
    public void onWorkflowTerminated(WorkflowModel workflow) {
        schedule(workflow.getWorkflowId(), delaySeconds);
    }

    @Override
    public void destroy() {
        scheduler.shutdownNow();
    }

    private void schedule(String workflowId, long seconds) {
        scheduler.schedule(() -> attempt(workflowId), seconds, TimeUnit.SECONDS);
    }

    /** INVARIANT: the module removes no execution from the primary store before the gateway has masked it. */
    private void attempt(String workflowId) {
        try {
            archive(workflowId);
        } catch (NotFoundException e) {
            LOGGER.info("The workflow {} was removed before the archiving.", workflowId);
        } catch (GatewayException.Refused e) {
            LOGGER.error("The workflow {} stays in the primary store: {}", workflowId, e.getMessage());
        } catch (RuntimeException e) {
            String reason = e instanceof GatewayException ? e.getMessage() : e.getClass().getName();
            LOGGER.warn("The workflow {} is not archived yet, and is tried again: {}", workflowId, reason);
            schedule(workflowId, RETRY_SECONDS);
        }
    }

    private void archive(String workflowId) {
        WorkflowModel workflow = executions.getWorkflowModelFromExecutionDAO(workflowId, true);
        if (!workflow.getStatus().isTerminal()) return;
        if (usesExternalStorage(workflow)) {
            LOGGER.error(
                    "The workflow {} stays in the primary store, because external payload storage has a part of the execution.",
                    workflowId);
            return;
        }
        mask(workflow);
        for (TaskModel task : workflow.getTasks()) {
            store.updateTask(task);
            index.indexTask(new TaskSummary(task.toTask()));
        }
        store.updateWorkflow(workflow);
        index.indexWorkflow(new WorkflowSummary(workflow.toWorkflow()));
        remove(workflow);
    }

    /**
     * Some indexes store no executions, for example SQLite's. With them, the engine's own archiving would lose the
     * execution.
     */
    private void remove(WorkflowModel workflow) {
        String id = workflow.getWorkflowId();
        index.updateWorkflow(id, new String[] {RAW_JSON}, new Object[] {"{}"});
        if (index.get(id, RAW_JSON) == null) {
            LOGGER.info("The workflow {} is masked, and stays in the primary store: this index keeps no executions.", id);
            return;
        }
        executions.removeWorkflow(id, true);
        LOGGER.info("The workflow {} is archived.", id);
    }

    private void mask(WorkflowModel workflow) {
        ArchiveMarks marks = ArchiveMarks.of(workflow);
        WorkflowDef definition = workflow.getWorkflowDefinition();
        Map<String, Object> execution = new LinkedHashMap<>();
        execution.put(ArchiveMarks.INPUT, workflow.getInput());
        execution.put(ArchiveMarks.OUTPUT, workflow.getOutput());
        execution.put(ArchiveMarks.VARIABLES, withoutMarks(workflow.getVariables()));
        execution.put(DEFINED_VARIABLES, withoutMarks(definition.getVariables()));
        execution.put("reason", workflow.getReasonForIncompletion());
        execution.put("tasks", workflow.getTasks().stream().map(task -> describe(task, definition)).toList());
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("payload", execution);
        List<String> maskedFields = definition.getMaskedFields();
        if (maskedFields != null && !maskedFields.isEmpty()) request.put("maskedFields", maskedFields);

        JsonNode before = gateway.json().valueToTree(execution);
        JsonNode masked = gateway.post("/payloads/archive", request);
        JsonNode tasks = masked.path("tasks");
        if (tasks.size() != workflow.getTasks().size()) throw new GatewayException.Unavailable();
        workflow.setInput(map(masked.path(ArchiveMarks.INPUT)));
        workflow.setOutput(map(masked.path(ArchiveMarks.OUTPUT)));
        workflow.setVariables(map(masked.path(ArchiveMarks.VARIABLES)));
        // The engine puts the variables of the execution into the map of the workflow definition.
        definition.setVariables(map(masked.path(DEFINED_VARIABLES)));
        workflow.setReasonForIncompletion(masked.path("reason").textValue());
        for (String part : List.of(ArchiveMarks.INPUT, ArchiveMarks.OUTPUT, ArchiveMarks.VARIABLES))
            marks.addWorkflow(part, MaskedPlaces.changed(before.path(part), masked.path(part)));
        for (int i = 0; i < tasks.size(); i++) {
            TaskModel task = workflow.getTasks().get(i);
            JsonNode original = before.path("tasks").path(i);
            replace(task, tasks.get(i));
            for (String part : List.of(ArchiveMarks.INPUT, ArchiveMarks.OUTPUT))
                marks.addTask(task, part, MaskedPlaces.changed(original.path(part), tasks.get(i).path(part)));
            if (!MaskedPlaces.changed(original.path(PARAMETERS), tasks.get(i).path(PARAMETERS)).isEmpty())
                marks.addParameters();
        }
        marks.store(workflow);
    }

    private static Map<String, Object> withoutMarks(Map<String, Object> variables) {
        if (variables == null) return Map.of();
        Map<String, Object> others = new LinkedHashMap<>(variables);
        others.remove(ArchiveMarks.MARKS);
        return others;
    }

    private static Map<String, Object> describe(TaskModel task, WorkflowDef definition) {
        Map<String, Object> described = new LinkedHashMap<>();
        task.getInputData().remove(ArchiveMarks.MARKS);
        described.put(ArchiveMarks.INPUT, task.getInputData());
        described.put(ArchiveMarks.OUTPUT, task.getOutputData());
        described.put("reason", task.getReasonForIncompletion());
        if (hasOwnParameters(task, definition)) described.put(PARAMETERS, task.getWorkflowTask().getInputParameters());
        return described;
    }

    /** A dynamic fork copies data into the parameters of its tasks. Other parameters are in the workflow definition too. */
    private static boolean hasOwnParameters(TaskModel task, WorkflowDef definition) {
        WorkflowTask own = task.getWorkflowTask();
        if (own == null) return false;
        String name = String.valueOf(own.getTaskReferenceName()).replaceFirst("(?:__\\d+)+$", "");
        return definition.collectTasks().stream()
                .noneMatch(
                        written ->
                                name.equals(written.getTaskReferenceName())
                                        && Objects.equals(written.getInputParameters(), own.getInputParameters()));
    }

    private void replace(TaskModel task, JsonNode masked) {
        task.setInputData(map(masked.path(ArchiveMarks.INPUT)));
        task.clearOutput();
        task.setOutputData(map(masked.path(ArchiveMarks.OUTPUT)));
        task.setReasonForIncompletion(masked.path("reason").textValue());
        if (masked.has(PARAMETERS)) task.getWorkflowTask().setInputParameters(map(masked.path(PARAMETERS)));
    }

    private Map<String, Object> map(JsonNode node) {
        return node.isObject() ? gateway.json().convertValue(node, MAP) : new LinkedHashMap<>();
    }

    private static boolean usesExternalStorage(WorkflowModel workflow) {
        return workflow.getExternalInputPayloadStoragePath() != null
                || workflow.getExternalOutputPayloadStoragePath() != null
                || workflow.getTasks().stream()
                        .anyMatch(
                                task ->
                                        task.getExternalInputPayloadStoragePath() != null
                                                || task.getExternalOutputPayloadStoragePath() != null);
    }
}
