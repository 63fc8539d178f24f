"""Answers of a genuine table service (DaCHS 2.7) in their essential shape, as `just tap-server` meets them.

All have status 200. Errors come as text/xml whatever FORMAT asked for, behind a style sheet and without an XML declaration. A table cut at the row
limit carries no sign of it as CSV; as VOTable it says OK before the table and OVERFLOW after it.
"""

__all__ = ["CUT_CSV", "CUT_VOTABLE", "ERRORS", "error"]


def error(message: str, more: str = "") -> bytes:
    """An error document (DALI 1.1, section 4.4) as DaCHS writes it."""
    return (
        "<?xml-stylesheet href='/static/xsl/dalierror-to-html.xsl' type='text/xsl'?><VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\" "
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"http://www.ivoa.net/xml/VOTable/v1.3 "
        f"http://vo.ari.uni-heidelberg.de/docs/schemata/VOTable-1.4.xsd\"><RESOURCE type=\"results\"><INFO name=\"QUERY_STATUS\" value=\"ERROR\">{message}"
        f"</INFO>{more}</RESOURCE></VOTABLE>"
    ).encode()


# what was wrong: (document, words of the service that the user must see)
ERRORS = {
    "unknown column": (error("Field query: No such field known: column 'pl_nosuch' could not be located in table metadata"), "column 'pl_nosuch' could not be located"),
    "syntax": (error("Field query: Could not parse your query: Expected \"SELECT\", found 's'  (at char 0), (line:1, col:1)"), 'Expected "SELECT"'),
    "unknown table": (error("Field query: Could not locate table 'public.nosuch'"), "table 'public.nosuch'"),
    "runtime": (error("Field query: division by zero\n"), "division by zero"),
    "time limit": (error("Field query: Query timed out (took too long)\n"), "Query timed out"),
    "database gone": (error("Cannot connect to the database server"), "Cannot connect to the database server"),
    "dropped table": (error('Field query: relation "pscomppars" does not exist\nLINE 1: ...gaia_dr3_id FROM pscomppars...\n     ^\n'), 'relation "pscomppars" does not exist'),
    "no language": (error("Field lang: Required parameter 'lang' missing."), "'lang' missing"),
    "unknown format": (error("Cannot serialize in 'nosuch'.", '<INFO name="HINT" value="HINT">Format codes known at this point: tsv, csv</INFO>'), "Cannot serialize in 'nosuch'"),
}
CUT_CSV = b"pl_name,st_mass\r\n2M0437 b,0.17\r\n2MASS J01033563-5515561 AB b,0.19\r\n"
CUT_VOTABLE = (
    b"<?xml version='1.0' encoding='utf-8'?>\n<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\"><RESOURCE type=\"results\">"
    b"<INFO name=\"QUERY_STATUS\" value=\"OK\">Query successful</INFO><TABLE name=\"pscomppars\"><FIELD ID=\"pl_name\" arraysize=\"*\" datatype=\"char\" "
    b"name=\"pl_name\"/><DATA><TABLEDATA><TR><TD>2M0437 b</TD></TR></TABLEDATA></DATA></TABLE><INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\"></INFO>"
    b"</RESOURCE></VOTABLE>"
)
