package secretsgateway.conductor;

import com.netflix.conductor.model.WorkflowModel;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The path that an expression such as {@code ${login.output.list[0].token}} reads. The names end before the first part that
 * is no plain name or index, for example before a wildcard. The module assumes that such an expression reads everything
 * below the last name.
 *
 * @param text the text of the path in the expression, for messages
 * @param names the names and indexes of the path
 */
record ExpressionPath(String text, List<String> names) {

    private static final int SCHEMA_WITHOUT_BRACES = 1;
    private static final int LONGEST_TEXT = 100;
    /** The engine does not evaluate an expression that starts with {@code $${}. */
    private static final Pattern START = Pattern.compile("(?<!\\$)\\$\\{\\s*(?:\\$(?=[.\\[])\\.?(?!\\.))?");

    private static final String PLAIN = "([^.\\[\\](){}\\s*?@$'\"]++)(?=[.\\[}\\s]|$)";
    private static final Pattern FIRST = Pattern.compile(PLAIN);
    private static final Pattern NAME = Pattern.compile("\\." + PLAIN);
    private static final Pattern QUOTED = Pattern.compile("\\.?\\[\\s*(?:'([^'\\\\]*)'|\"([^\"\\\\]*)\"|(\\d{1,9}))\\s*]");

    /** Returns the paths of all expressions in a text, and of all expressions inside these expressions. */
    static List<ExpressionPath> in(String text) {
        List<ExpressionPath> paths = new ArrayList<>();
        Matcher start = START.matcher(text);
        while (start.find()) {
            if (!text.startsWith("}", start.end())) paths.add(at(text, start.end()));
        }
        return paths;
    }

    /** Whether the workflow has the schema 1, which writes an expression without braces. */
    static boolean withoutBraces(WorkflowModel workflow) {
        return workflow.getWorkflowDefinition().getSchemaVersion() == SCHEMA_WITHOUT_BRACES;
    }

    /** Parses an expression without braces. */
    static ExpressionPath bare(String text) {
        return at(text, 0);
    }

    private static ExpressionPath at(String text, int start) {
        List<String> names = new ArrayList<>();
        Matcher next = FIRST.matcher(text).region(start, text.length());
        boolean found = next.lookingAt();
        if (!found) found = next.usePattern(QUOTED).region(start, text.length()).lookingAt();
        while (found) {
            for (int i = 1; i <= next.groupCount(); i++) if (next.group(i) != null) names.add(next.group(i));
            int end = next.end();
            found = next.usePattern(NAME).region(end, text.length()).lookingAt()
                    || next.usePattern(QUOTED).region(end, text.length()).lookingAt();
        }
        return new ExpressionPath(shown(text, start), List.copyOf(names));
    }

    private static String shown(String text, int start) {
        int brace = text.indexOf('}', start);
        int end = Math.min(brace < 0 ? text.length() : brace, start + LONGEST_TEXT);
        return text.substring(start, end).strip();
    }

    /** Whether the expression reads this place, a part of the place, or data that contains the place. */
    boolean reads(List<String> place) {
        int shared = Math.min(place.size(), names.size());
        return place.subList(0, shared).equals(names.subList(0, shared));
    }
}
