#include "doubles/snowflake/exec/get_ddl.h"

#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/sql/sql_error.h"
#include "doubles/snowflake/sql/token_cursor.h"

namespace dbstow::doubles::snowflake {
namespace {

std::string QuoteText(const std::string& text) {
  std::string quoted = "'";
  for (const char letter : text) {
    quoted += letter;
    if (letter == '\'' || letter == '\\') quoted += letter;
  }
  return quoted + "'";
}

class DdlWriter {
 public:
  DdlWriter(const CatalogView& view, DdlNames names) : view_(view), names_(names) {}

  std::string Write(const Object& object) {
    switch (object.kind) {
      case ObjectKind::kDatabase: return Container(object, "database");
      case ObjectKind::kSchema: return Container(object, "schema");
      case ObjectKind::kTable: return Table(object);
      case ObjectKind::kView:
        return "create or replace view " + NameOf(object) + " as " +
               std::get<ViewDetail>(object.detail).query + ";";
      case ObjectKind::kSequence: {
        const auto& detail = std::get<SequenceDetail>(object.detail);
        return "create or replace sequence " + NameOf(object) + " start with " +
               std::to_string(detail.start) + " increment by " + std::to_string(detail.step) +
               " noorder" + Comment(object) + ";";
      }
      case ObjectKind::kFileFormat:
        return "create or replace file format " + NameOf(object) + Options(object) + ";";
      default: return "";
    }
  }

 private:
  [[nodiscard]] std::string NameOf(const Object& object) const {
    return names_ == DdlNames::kQualified ? ToString(view_.QualifiedName(object))
                                          : QuoteIdentifier(object.name());
  }
  static std::string Comment(const Object& object) {
    return object.comment.empty() ? "" : " COMMENT=" + QuoteText(object.comment);
  }
  static std::string Options(const Object& object) {
    std::string text;
    for (const auto& [key, value] : object.options())
      text += "\n\t" + key + " = " + QuoteText(value);
    return text;
  }

  std::string Container(const Object& object, const std::string& word) {
    std::string text = "create or replace " + std::string(object.transient ? "TRANSIENT " : "") +
                       word + " " + NameOf(object) + Comment(object) + ";\n";
    if (object.kind == ObjectKind::kDatabase) {
      for (const Object* schema : view_.Children(ObjectKind::kSchema, object.id))
        text += "\n" + Write(*schema);
      return text;
    }
    for (const ObjectKind kind :
         {ObjectKind::kSequence, ObjectKind::kTable, ObjectKind::kView, ObjectKind::kFileFormat}) {
      for (const Object* child : view_.Children(kind, object.id)) text += Write(*child) + "\n";
    }
    return text;
  }

  std::string Table(const Object& object) {
    std::string text = "create or replace " + std::string(object.transient ? "TRANSIENT " : "") +
                       "TABLE " + NameOf(object) + " (\n";
    std::string keys;
    const auto& columns = object.table()->columns;
    for (const Column& column : columns) {
      if (&column != columns.data()) text += ",\n";
      text += "\t" + QuoteIdentifier(column.name) + " " + ToString(column.type);
      if (column.not_null) text += " NOT NULL";
      if (!column.default_text.empty()) text += " DEFAULT " + DefaultOf(column);
      if (!column.comment.empty()) text += " COMMENT " + QuoteText(column.comment);
      if (column.primary_key) keys += (keys.empty() ? "" : ", ") + QuoteIdentifier(column.name);
    }
    if (!keys.empty()) text += ",\n\tprimary key (" + keys + ")";
    text += "\n)";
    if (object.retention)
      text += " DATA_RETENTION_TIME_IN_DAYS=" + std::to_string(*object.retention);
    return text + Comment(object) + ";";
  }

  [[nodiscard]] std::string DefaultOf(const Column& column) const {
    const Object* sequence = view_.Find(column.default_sequence);
    if (column.default_sequence == 0 || sequence == nullptr) return column.default_text;
    return ToString(view_.QualifiedName(*sequence)) + ".NEXTVAL";
  }

  const CatalogView& view_;
  const DdlNames names_;
};

}  // namespace

Result<std::string> GetDdlText(const Execution& execution, const std::string& kind,
                               const std::string& name, DdlNames names) {
  std::string upper;
  for (const char letter : kind)
    upper += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  if (upper == "FILE_FORMAT") upper = "FILE FORMAT";
  DBSTOW_ASSIGN(const Name parsed, ParseName(name));
  for (const ObjectKind each :
       {ObjectKind::kDatabase, ObjectKind::kSchema, ObjectKind::kTable, ObjectKind::kView,
        ObjectKind::kSequence, ObjectKind::kFileFormat}) {
    if (upper != ToString(each)) continue;
    DBSTOW_ASSIGN(const Object* object, Names(execution).OfKind(each, parsed));
    return DdlWriter(execution.change, names).Write(*object);
  }
  return Unsupported("GET_DDL of " + upper);
}

}  // namespace dbstow::doubles::snowflake
