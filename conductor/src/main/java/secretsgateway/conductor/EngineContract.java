package secretsgateway.conductor;

import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lists the classes and methods of the engine that this module needs, with reasons. The engine does not start if a part is
 * missing, or if the engine's version is unknown. This class names the engine's classes as text, so that a missing class is
 * reported.
 */
final class EngineContract {

    static final List<String> KNOWN_VERSIONS = List.of("3.32.3");

    private static final String CORE = "com.netflix.conductor.core.";
    private static final Pattern JAR = Pattern.compile("conductor-core-(\\d[^/!]*?)\\.jar");

    /** A class, one of its methods (null: the class only), and the reason why the module needs it. */
    private record Part(String type, String method, String why) {}

    private static final List<Part> PARTS =
            List.of(
                    new Part(CORE + "utils.ParametersUtils", "substituteSecrets",
                            "is the engine's only place that resolves secrets, and is replaced"),
                    new Part(CORE + "utils.ParametersUtils", "getTaskInputV2",
                            "evaluates the input of every task, and refuses masked values of an archived execution"),
                    new Part(CORE + "utils.ParametersUtils", "getTaskInput",
                            "evaluates the input of tasks of the workflow schema 1"),
                    new Part(CORE + "execution.WorkflowExecutor", "decide",
                            "ends a workflow if getTaskInput throws TerminateWorkflowException"),
                    new Part(CORE + "execution.WorkflowExecutor", "terminateWorkflow",
                            "ends an archived workflow that cannot be retried"),
                    new Part("com.netflix.conductor.model.WorkflowModel", "getVariables",
                            "keeps the places that archiving masked"),
                    new Part(CORE + "execution.AsyncSystemTaskExecutor", "execute",
                            "calls substituteSecrets, then start or execute of the task, and stores the task"),
                    new Part(CORE + "execution.WorkflowExecutor", "getWorkflow",
                            "finds the workflow definition of a task when a child workflow ends"),
                    new Part(CORE + "execution.tasks.WorkflowSystemTask", "start", "runs a task, and is surrounded"),
                    new Part(CORE + "execution.tasks.WorkflowSystemTask", "execute", "runs a task, and is surrounded"),
                    new Part(CORE + "execution.tasks.SystemTaskRegistry", "get",
                            "must return only system tasks with a guard"),
                    new Part("org.conductoross.conductor.core.execution.tasks.annotated.WorkerTaskAnnotationScanner",
                            "afterPropertiesSet", "adds system tasks that are no beans to the set asyncSystemTasks"),
                    new Part(CORE + "execution.tasks.Event", "start",
                            "copies the task's input to its output, which execute publishes"),
                    new Part(CORE + "execution.mapper.TaskMapper", "getMappedTasks", "schedules UPDATE_SECRET tasks"),
                    new Part(CORE + "execution.mapper.TaskMapperContext", "createTaskModel", "schedules UPDATE_SECRET tasks"),
                    new Part("com.netflix.conductor.model.TaskModel", "setInputData",
                            "gives a task the resolved input, and the input as written afterwards"),
                    new Part("com.netflix.conductor.model.TaskModel", "clearOutput", "replaces a result by the clean result"),
                    new Part("com.netflix.conductor.model.TaskModel", "getExternalInputPayloadStoragePath",
                            "shows an input that is not in the task"),
                    new Part("com.netflix.conductor.common.metadata.workflow.WorkflowDef", "collectTasks",
                            "finds UPDATE_SECRET tasks at any depth"),
                    new Part("com.netflix.conductor.common.metadata.workflow.WorkflowDef", "getMaskedFields",
                            "names JSON fields to mask in an archive"),
                    new Part("com.netflix.conductor.common.metadata.workflow.WorkflowDef", "setVariables",
                            "masks the variables in an archive"),
                    new Part("org.conductoross.conductor.dao.SecretsDAO", "getSecret", "never returns a value"),
                    new Part("org.conductoross.conductor.dao.SecretsDAO", "listWithMeta", "lists names only"),
                    new Part("com.netflix.conductor.dao.EnvironmentDAO", "getEnvVariable",
                            "reads environment variables of the gateway"),
                    new Part(CORE + "listener.WorkflowStatusListener", "onWorkflowCompleted", "archives a workflow"),
                    new Part(CORE + "dal.ExecutionDAOFacade", "getWorkflowModelFromExecutionDAO", "archives a workflow"),
                    new Part(CORE + "dal.ExecutionDAOFacade", "removeWorkflow", "archives a workflow"),
                    new Part("com.netflix.conductor.dao.ExecutionDAO", "updateTask", "stores an archived execution"),
                    new Part("com.netflix.conductor.dao.ExecutionDAO", "updateWorkflow", "stores an archived execution"),
                    new Part("com.netflix.conductor.dao.IndexDAO", "indexWorkflow", "replaces the summaries for the search"),
                    new Part("org.apache.logging.log4j.core.LoggerContext", "addPropertyChangeListener",
                            "drops log lines of a thread that has secret values"));

    private EngineContract() {}

    /** Returns the reasons why the module cannot run in this engine. An empty list means that the module can run. */
    static List<String> violations(ClassLoader engine, boolean allowUnknownVersion) {
        List<String> reasons = new ArrayList<>();
        String version = version(engine);
        if (!KNOWN_VERSIONS.contains(version) && !allowUnknownVersion)
            reasons.add(
                    "This module knows the Conductor versions " + String.join(", ", KNOWN_VERSIONS) + ", and not "
                            + version + ". Use a known version. The setting " + GatewaySettings.PREFIX
                            + "allow-unknown-version=true skips this check, after you have tested the version.");
        for (Part part : PARTS) {
            if (!exists(engine, part))
                reasons.add("The engine has no " + part.type + "." + part.method + ", which " + part.why + ".");
        }
        return reasons;
    }

    private static boolean exists(ClassLoader engine, Part part) {
        try {
            Class<?> type = Class.forName(part.type, false, engine);
            return Arrays.stream(type.getMethods()).anyMatch(method -> method.getName().equals(part.method));
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /** Returns the version in the file name of the jar that contains the engine's core. */
    private static String version(ClassLoader engine) {
        try {
            Class<?> core = Class.forName(CORE + "execution.WorkflowExecutor", false, engine);
            CodeSource source = core.getProtectionDomain().getCodeSource();
            Matcher jar = JAR.matcher(source == null ? "" : source.getLocation().toString());
            return jar.find() ? jar.group(1) : "an unnamed version";
        } catch (ClassNotFoundException | LinkageError e) {
            return "an unnamed version";
        }
    }
}
