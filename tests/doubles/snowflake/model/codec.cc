#include "doubles/snowflake/model/codec.h"

#include <nlohmann/json.hpp>

namespace dbstow::doubles::snowflake {
namespace {

using Tree = nlohmann::json;

Tree TreeOf(const DataType& type) {
  return {WireName(type.kind), type.precision, type.scale, type.length};
}

DataType TypeFrom(const Tree& tree) {
  DataType type;
  type.kind = TypeKindFromWireName(tree.at(0).get<std::string>()).value_or(TypeKind::kText);
  type.precision = tree.at(1);
  type.scale = tree.at(2);
  type.length = tree.at(3);
  return type;
}

Tree TreeOf(const Grant& grant) {
  return {grant.privilege, grant.role, grant.with_option, grant.granted_by, grant.created};
}

Grant GrantFrom(const Tree& tree) {
  return Grant{tree.at(0), tree.at(1), tree.at(2), tree.at(3), tree.at(4)};
}

Tree TreeOf(const Column& column) {
  Tree tree = {{"id", column.id},
               {"name", column.name},
               {"type", TreeOf(column.type)},
               {"not_null", column.not_null},
               {"primary_key", column.primary_key},
               {"default", column.default_text},
               {"default_sequence", column.default_sequence},
               {"comment", column.comment}};
  if (column.fill) tree["fill"] = *column.fill;
  return tree;
}

Column ColumnFrom(const Tree& tree) {
  Column column;
  column.id = tree.at("id");
  column.name = tree.at("name");
  column.type = TypeFrom(tree.at("type"));
  column.not_null = tree.at("not_null");
  column.primary_key = tree.at("primary_key");
  column.default_text = tree.at("default");
  column.default_sequence = tree.at("default_sequence");
  column.comment = tree.at("comment");
  if (tree.contains("fill")) column.fill = tree.at("fill").get<std::string>();
  return column;
}

Tree TreeOf(const Detail& detail) {
  Tree tree = {{"is", detail.index()}};
  if (const auto* table = std::get_if<TableDetail>(&detail)) {
    tree["columns"] = Tree::array();
    for (const Column& column : table->columns) tree["columns"].push_back(TreeOf(column));
    tree["next_column"] = table->next_column;
    tree["loaded"] = Tree::array();
    for (const LoadedFile& file : table->loaded) {
      tree["loaded"].push_back({file.file, file.etag, file.loaded});
    }
  } else if (const auto* view = std::get_if<ViewDetail>(&detail)) {
    tree["query"] = view->query;
  } else if (const auto* sequence = std::get_if<SequenceDetail>(&detail)) {
    tree["numbers"] = {sequence->start, sequence->step, sequence->next};
  } else if (const auto* options = std::get_if<OptionDetail>(&detail)) {
    tree["options"] = options->options;
  } else if (const auto* principal = std::get_if<PrincipalDetail>(&detail)) {
    tree["options"] = principal->options;
    tree["roles"] = principal->roles;
  }
  return tree;
}

Detail DetailFrom(const Tree& tree) {
  switch (tree.at("is").get<size_t>()) {
    case 1: {
      TableDetail table;
      for (const Tree& column : tree.at("columns")) table.columns.push_back(ColumnFrom(column));
      table.next_column = tree.at("next_column");
      for (const Tree& file : tree.at("loaded")) {
        table.loaded.push_back(LoadedFile{file.at(0), file.at(1), file.at(2)});
      }
      return table;
    }
    case 2: return ViewDetail{tree.at("query")};
    case 3: {
      const Tree& numbers = tree.at("numbers");
      return SequenceDetail{numbers.at(0), numbers.at(1), numbers.at(2)};
    }
    case 4: return OptionDetail{tree.at("options")};
    case 5: return PrincipalDetail{tree.at("options"), tree.at("roles")};
    default: return {};
  }
}

Error Damaged(const std::exception& reason) {
  return Error(ErrorCode::kCorrupt,
               std::string("the state file holds what was never written: ") + reason.what());
}

}  // namespace

std::string Encode(const Object& object) {
  Tree tree = {{"id", object.id},
               {"kind", static_cast<int>(object.kind)},
               {"owner", object.owner},
               {"comment", object.comment},
               {"transient", object.transient},
               {"managed_access", object.managed_access},
               {"session", object.session},
               {"created", object.created},
               {"dropped", object.dropped},
               {"altered", object.altered},
               {"readable_from", object.readable_from},
               {"retention_at_drop", object.retention_at_drop},
               {"detail", TreeOf(object.detail)}};
  if (object.retention) tree["retention"] = *object.retention;
  tree["placements"] = Tree::array();
  for (const Placement& place : object.placements) {
    tree["placements"].push_back({place.from, place.container, place.name, place.live});
  }
  tree["grants"] = Tree::array();
  for (const Grant& grant : object.grants) tree["grants"].push_back(TreeOf(grant));
  tree["future"] = Tree::array();
  for (const FutureGrant& future : object.future_grants) {
    tree["future"].push_back({static_cast<int>(future.kind), TreeOf(future.grant)});
  }
  // Names and comments may hold any bytes a client sent.
  return tree.dump(-1, ' ', false, Tree::error_handler_t::replace);
}

Result<Object> DecodeObject(const std::string& text) {
  try {
    const Tree tree = Tree::parse(text);
    Object object;
    object.id = tree.at("id");
    object.kind = static_cast<ObjectKind>(tree.at("kind").get<int>());
    object.owner = tree.at("owner");
    object.comment = tree.at("comment");
    object.transient = tree.at("transient");
    object.managed_access = tree.at("managed_access");
    object.session = tree.at("session");
    object.created = tree.at("created");
    object.dropped = tree.at("dropped");
    object.altered = tree.at("altered");
    object.readable_from = tree.at("readable_from");
    object.retention_at_drop = tree.at("retention_at_drop");
    object.detail = DetailFrom(tree.at("detail"));
    if (tree.contains("retention")) object.retention = tree.at("retention").get<int>();
    for (const Tree& place : tree.at("placements")) {
      object.placements.push_back(Placement{place.at(0), place.at(1), place.at(2), place.at(3)});
    }
    for (const Tree& grant : tree.at("grants")) object.grants.push_back(GrantFrom(grant));
    for (const Tree& future : tree.at("future")) {
      object.future_grants.push_back(
          FutureGrant{static_cast<ObjectKind>(future.at(0).get<int>()), GrantFrom(future.at(1))});
    }
    return object;
  } catch (const Tree::exception& reason) {
    return Damaged(reason);
  }
}

std::string Encode(const Partition& partition) {
  Tree tree = {{"columns", partition.column_ids}};
  tree["types"] = Tree::array();
  for (const DataType& type : partition.types) tree["types"].push_back(TreeOf(type));
  Tree rows = Tree::array();
  for (const Row& row : partition.rows) {
    Tree line = Tree::array();
    for (const Value& value : row) {
      const auto wire = ToWire(value);
      line.push_back(wire ? Tree(*wire) : Tree(nullptr));
    }
    rows.push_back(std::move(line));
  }
  tree["rows"] = std::move(rows);
  return tree.dump(-1, ' ', false, Tree::error_handler_t::replace);
}

Result<Partition> DecodePartition(const std::string& text) {
  try {
    const Tree tree = Tree::parse(text);
    Partition partition;
    partition.column_ids = tree.at("columns").get<std::vector<Id>>();
    for (const Tree& type : tree.at("types")) partition.types.push_back(TypeFrom(type));
    for (const Tree& line : tree.at("rows")) {
      Row row;
      for (size_t at = 0; at < line.size(); ++at) {
        std::optional<std::string> wire;
        if (!line.at(at).is_null()) wire = line.at(at).get<std::string>();
        DBSTOW_ASSIGN(Value value, FromWire(partition.types.at(at), wire));
        row.push_back(std::move(value));
      }
      partition.rows.push_back(std::move(row));
    }
    return partition;
  } catch (const std::exception& reason) {
    return Damaged(reason);
  }
}

std::string Encode(const QueryRecord& query) {
  const Tree tree = {{"id", query.id},
                     {"request_id", query.request_id},
                     {"text", query.text},
                     {"type", query.type},
                     {"session", query.session},
                     {"user", query.user},
                     {"role", query.role},
                     {"warehouse", query.warehouse},
                     {"database", query.database},
                     {"schema", query.schema},
                     {"tag", query.tag},
                     {"status", static_cast<int>(query.status)},
                     {"error_code", query.error_code},
                     {"error_message", query.error_message},
                     {"numbers", {query.start, query.end, query.rows, query.before, query.after}}};
  return tree.dump(-1, ' ', false, Tree::error_handler_t::replace);
}

Result<QueryRecord> DecodeQuery(const std::string& text) {
  try {
    const Tree tree = Tree::parse(text);
    QueryRecord query;
    query.id = tree.at("id");
    query.request_id = tree.at("request_id");
    query.text = tree.at("text");
    query.type = tree.at("type");
    query.session = tree.at("session");
    query.user = tree.at("user");
    query.role = tree.at("role");
    query.warehouse = tree.at("warehouse");
    query.database = tree.at("database");
    query.schema = tree.at("schema");
    query.tag = tree.at("tag");
    query.status = static_cast<QueryRecord::Status>(tree.at("status").get<int>());
    query.error_code = tree.at("error_code");
    query.error_message = tree.at("error_message");
    const Tree& numbers = tree.at("numbers");
    query.start = numbers.at(0);
    query.end = numbers.at(1);
    query.rows = numbers.at(2);
    query.before = numbers.at(3);
    query.after = numbers.at(4);
    return query;
  } catch (const Tree::exception& reason) {
    return Damaged(reason);
  }
}

}  // namespace dbstow::doubles::snowflake
