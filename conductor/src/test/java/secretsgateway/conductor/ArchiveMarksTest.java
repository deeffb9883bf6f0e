package secretsgateway.conductor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import com.netflix.conductor.core.exception.ConflictException;
import com.netflix.conductor.core.exception.TerminateWorkflowException;
import com.netflix.conductor.core.execution.WorkflowExecutor;
import com.netflix.conductor.model.TaskModel;
import com.netflix.conductor.model.WorkflowModel;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ArchiveMarksTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final WorkflowModel workflow = new WorkflowModel();
    private final TaskModel login = task("login", "1");
    private final List<Object> terminated = new ArrayList<>();
    private final WorkflowExecutor executor =
            (WorkflowExecutor)
                    Proxy.newProxyInstance(
                            getClass().getClassLoader(),
                            new Class<?>[] {WorkflowExecutor.class},
                            (proxy, method, arguments) -> terminated.add(arguments[1]) ? null : null);
    private final LiteralParametersUtils parameters = new LiteralParametersUtils(JSON, null, () -> executor);

    private static Map<String, Object> json(String text) {
        try {
            return JSON.readValue(text.replace('\'', '"'), new TypeReference<LinkedHashMap<String, Object>>() {});
        } catch (Exception e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static TaskModel task(String name, String id) {
        TaskModel task = new TaskModel();
        task.setReferenceTaskName(name);
        task.setTaskId(id);
        task.setTaskType("SIMPLE");
        return task;
    }

    /** Archives an execution whose values in {@code _secrets} and in {@code card} are masked. */
    @BeforeEach
    void archive() {
        WorkflowDef definition = new WorkflowDef();
        definition.setSchemaVersion(2);
        definition.setOutputParameters(Map.of("token", "${workflow.input._secrets.token}"));
        workflow.setWorkflowDefinition(definition);
        workflow.setInput(json("{'_secrets': '***', 'list': [{'card': '***'}], 'note': '***', 'id': 7}"));
        workflow.setVariables(json("{'_secrets': {'v': '***'}, 'n': 1}"));
        login.setInputData(json("{'_secrets': '***'}"));
        login.setOutputData(json("{'_secrets': {'token': '***'}, 'id': 8}"));
        workflow.setTasks(new ArrayList<>(List.of(login)));
        ArchiveMarks marks = new ArchiveMarks();
        marks.addWorkflow(ArchiveMarks.INPUT, List.of(List.of("_secrets"), List.of("list", "0", "card")));
        marks.addWorkflow(ArchiveMarks.VARIABLES, List.of(List.of("_secrets", "v")));
        marks.addTask(login, ArchiveMarks.INPUT, List.of(List.of("_secrets")));
        marks.addTask(login, ArchiveMarks.OUTPUT, List.of(List.of("_secrets", "token")));
        marks.store(workflow);
        // The engine stores the execution as JSON.
        workflow.setVariables(JSON.convertValue(workflow.getVariables(), new TypeReference<Map<String, Object>>() {}));
    }

    private String read(Object template) {
        return ArchiveMarks.maskedRead(workflow, Map.of("a", List.of(Map.of("b", template))));
    }

    @Test
    @DisplayName("The module detects an expression that reads a masked place or overlapping data")
    void masked() {
        assertEquals("workflow.input._secrets.token", read("Bearer ${workflow.input._secrets.token}"));
        assertEquals("workflow.input", read("${workflow.input}"));
        assertEquals("workflow.input.list", read("${workflow.input.list}"));
        assertEquals("workflow.input.list[0].card", read("${workflow.input.list[0].card}"));
        assertEquals("workflow.input.list[*].card", read("${workflow.input.list[*].card}"));
        assertEquals("workflow.variables._secrets.v", read("${workflow.variables._secrets.v}"));
        assertEquals("login.output._secrets.token", read("${login.output._secrets.token}"));
        assertEquals("login.input", read("${login.input}"));
    }

    @Test
    @DisplayName("An expression may read all data of an archived execution that archiving did not mask")
    void other() {
        for (String text : List.of("${workflow.input.id}", "${workflow.input.note}", "${login.output.id}", "***",
                "${workflow.variables.n}", "${other.output._secrets}", "${workflow.secrets.a}", "$${workflow.input}"))
            assertNull(read(text), text);
    }

    @Test
    @DisplayName("An execution that was never archived has no masked places")
    void never() {
        workflow.setVariables(json("{'_secrets': '***'}"));
        assertNull(read("${workflow.variables._secrets}"));
    }

    @Test
    @DisplayName("A new input, variable or task output removes the mark of the masked value that it replaces")
    void replaced() {
        workflow.setInput(json("{'_secrets': {'token': 'new'}}"));
        assertNull(read("${workflow.input._secrets.token}"));
        workflow.getVariables().put("_secrets", Map.of("v", "new"));
        assertNull(read("${workflow.variables._secrets.v}"));
        TaskModel again = task("login", "2");
        again.setOutputData(json("{'_secrets': {'token': '***'}}"));
        workflow.getTasks().add(again);
        assertNull(read("${login.output._secrets.token}"));
    }

    @Test
    @DisplayName("The output of a JOIN that copies a masked output is also marked as masked")
    void join() {
        TaskModel join = task("join", "3");
        join.setTaskType("JOIN");
        join.setOutputData(new HashMap<>(Map.of("login", login.getOutputData())));
        workflow.getTasks().add(join);
        assertEquals("join.output.login._secrets.token", read("${join.output.login._secrets.token}"));
        assertNull(read("${join.output.login.id}"));
    }

    @Test
    @DisplayName("An expression reads a masked task of a loop by its name without the iteration number")
    void loop() {
        TaskModel second = task("login__2", "4");
        second.setIteration(2);
        second.setOutputData(json("{'pin': '***'}"));
        workflow.getTasks().add(second);
        ArchiveMarks marks = ArchiveMarks.of(workflow);
        marks.addTask(second, ArchiveMarks.OUTPUT, List.of(List.of("pin")));
        marks.store(workflow);
        assertEquals("login.output.pin", read("${login.output.pin}"));
    }

    @Test
    @DisplayName("The marks of masked places survive a second archiving and stay small")
    void again() {
        ArchiveMarks marks = ArchiveMarks.of(workflow);
        List<List<String>> many = new ArrayList<>();
        for (int i = 0; i < 1000; i++) many.add(List.of("list", String.valueOf(i)));
        marks.addTask(login, ArchiveMarks.OUTPUT, many);
        marks.store(workflow);
        assertEquals("workflow.input._secrets.token", read("${workflow.input._secrets.token}"));
        assertEquals("login.output.id", read("${login.output.id}"));
        assertTrue(workflow.getVariables().toString().length() < 1000);
    }

    @Test
    @DisplayName("A rerun with a masked stored input is refused, but a rerun with a new input is allowed")
    void rerun() {
        assertEquals("login.input._secrets", ArchiveMarks.maskedInput(workflow, login));
        assertEquals("1", ((Map<?, ?>) login.getInputData().get(ArchiveMarks.MARKS)).get("taskId"));
        login.setInputData(json("{'_secrets': {'token': 'new'}}"));
        assertNull(ArchiveMarks.maskedInput(workflow, login));
    }

    @Test
    @DisplayName("A task is refused if archiving masked one of its parameters")
    void parameter() {
        ArchiveMarks marks = ArchiveMarks.of(workflow);
        marks.addParameters();
        marks.store(workflow);
        assertEquals("a masked parameter of the task", read("***"));
    }

    /** The module finds the name of this method, which the engine also uses, on the call stack. */
    private void decide(Map<String, Object> template) {
        parameters.requireUnmasked(template, workflow, null);
    }

    @Test
    @DisplayName("If the next task reads a masked place, the engine ends the workflow and names the place")
    void decided() {
        Map<String, Object> template = Map.of("t", "${login.output._secrets.token}");
        Exception refused = assertThrows(TerminateWorkflowException.class, () -> decide(template));
        assertTrue(refused.getMessage().contains("login.output._secrets.token"));
        assertEquals(List.of(), terminated);
        decide(Map.of("t", "${login.output.id}"));
    }

    @Test
    @DisplayName("A retry that reads a masked place ends the workflow and returns a conflict")
    void retried() {
        Map<String, Object> template = Map.of("t", "${login.output._secrets.token}");
        assertThrows(ConflictException.class, () -> parameters.getTaskInput(template, workflow, null, "9"));
        assertEquals(WorkflowModel.Status.FAILED, workflow.getStatus());
        assertTrue(terminated.get(0).toString().contains("login.output._secrets.token"));
    }

    @Test
    @DisplayName("Masked places are found in expressions without braces of the workflow schema 1")
    void schemaOne() {
        workflow.getWorkflowDefinition().setSchemaVersion(1);
        assertThrows(TerminateWorkflowException.class, () -> decide(Map.of("t", "login.output._secrets")));
        decide(Map.of("t", "login.output.id"));
    }

    private void completeWorkflow() {
        decide(workflow.getWorkflowDefinition().getOutputParameters());
    }

    @Test
    @DisplayName("A masked value in the workflow output fails a completing workflow, not a failed workflow")
    void output() {
        assertThrows(TerminateWorkflowException.class, this::completeWorkflow);
        Map<String, Object> template = workflow.getWorkflowDefinition().getOutputParameters();
        parameters.requireUnmasked(template, workflow, null);
        assertEquals(List.of(), terminated);
    }

    @Test
    @DisplayName("Masked places are found by comparing an execution before and after masking")
    void compared() {
        var before = JSON.valueToTree(json("{'a': {'t': 'x'}, 'l': [{'c': 1}, {'c': 'y'}], 'n': 5, 'k': {'s': 1}, 'm': '***'}"));
        var after = JSON.valueToTree(json("{'a': '***', 'l': [{'c': '***'}, {'c': 'y'}], 'n': 5, 'k': {'***': 1}, 'm': '***'}"));
        assertEquals(List.of(List.of("a"), List.of("l", "0", "c"), List.of("k")), MaskedPlaces.changed(before, after));
    }
}
