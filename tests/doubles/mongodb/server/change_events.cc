#include "doubles/mongodb/server/change_events.h"

#include <algorithm>
#include <utility>

#include "doubles/mongodb/bson/builder.h"

namespace dbstow::doubles::mongodb {
namespace {

Namespace Split(std::string_view full) {
  const std::size_t dot = full.find('.');
  if (dot == std::string_view::npos) return {std::string(full), ""};
  return {std::string(full.substr(0, dot)), std::string(full.substr(dot + 1))};
}

/// The parts of an `updateDescription`.
struct Description {
  Builder updated;
  ArrayBuilder removed;
  ArrayBuilder truncated;
};

/// `prefix` is the path to the object or array that the diff is of, with a dot at its end.
void Flatten(const Document& diff, const std::string& prefix, Description& out) {
  const bool array = diff["a"].Truthy();
  for (const Element& field : diff) {
    const std::string_view name = field.name();
    const std::string path =
        prefix + std::string(name.substr(std::min<std::size_t>(1, name.size())));
    if (name.substr(0, 1) == "s") {
      Flatten(field.AsDocument(), path + ".", out);
    } else if (array && name == "l") {
      const std::string entry = Builder()
                                    .String("field", prefix.substr(0, prefix.size() - 1))
                                    .Add("newSize", static_cast<std::int32_t>(field.AsInt64()))
                                    .Finish();
      out.truncated.Add(Document(entry));
    } else if (array && name.substr(0, 1) == "u") {
      out.updated.Add(path, field);
    } else if (!array && name == "d") {
      for (const Element& gone : field.AsDocument()) {
        out.removed.String(prefix + std::string(gone.name()));
      }
    } else if (!array) {
      for (const Element& changed : field.AsDocument()) {
        out.updated.Add(prefix + std::string(changed.name()), changed);
      }
    }
  }
}

std::string DescribeUpdate(const Document& diff) {
  Description parts;
  Flatten(diff, "", parts);
  const std::string updated = parts.updated.Finish();
  const std::string removed = parts.removed.Finish();
  const std::string truncated = parts.truncated.Finish();
  return Builder()
      .Add("updatedFields", Document(updated))
      .Add("removedFields", Array{removed})
      .Add("truncatedArrays", Array{truncated})
      .Finish();
}

/// All fields but the first, which names the command.
std::string WithoutFirst(const Document& command) {
  Builder rest;
  bool first = true;
  for (const Element& field : command) {
    if (!std::exchange(first, false)) rest.Add(field);
  }
  return rest.Finish();
}

std::string Indexes(const Document& command) {
  ArrayBuilder list;
  if (command.Has("indexes")) {
    for (const Element& spec : command["indexes"].AsDocument()) list.Add(spec);
  } else {
    const std::string spec = WithoutFirst(command);
    list.Add(Document(spec));
  }
  const std::string specs = list.Finish();
  return Builder().Add("indexes", Array{specs}).Finish();
}

void AddDocumentEvent(ChangeEvent event, const Document& entry, std::vector<ChangeEvent>& events) {
  const std::string_view op = entry["op"].AsString();
  const Document o = entry["o"].AsDocument();
  const Element id = op == "u" ? entry["o2"].AsDocument()["_id"] : o["_id"];
  event.document_key = Builder().Add("_id", id).Finish();
  if (op == "d") {
    event.type = "delete";
  } else if (op == "i" || !o.Has("$v")) {
    event.type = op == "i" ? "insert" : "replace";
    event.full_document = o.Copy();
  } else {
    event.type = "update";
    event.update_description = DescribeUpdate(o["diff"].AsDocument());
  }
  events.push_back(std::move(event));
}

void AddCommandEvent(ChangeEvent event, const Document& entry, std::vector<ChangeEvent>& events) {
  const Document o = entry["o"].AsDocument();
  const std::string_view name = o.First().name();
  event.ns.collection = o.First().AsString();
  event.expanded = true;
  if (name == "drop") {
    event.type = "drop";
    event.expanded = false;
  } else if (name == "dropDatabase") {
    event.type = "dropDatabase";
    event.expanded = false;
  } else if (name == "renameCollection") {
    event.type = "rename";
    event.expanded = false;
    event.ns = Split(o.First().AsString());
    event.to = Split(o["to"].AsString());
  } else if (name == "create") {
    event.type = "create";
    event.operation_description = WithoutFirst(o);
  } else if (name == "createIndexes" || name == "commitIndexBuild") {
    event.type = "createIndexes";
    event.operation_description = Indexes(o);
  } else if (name == "dropIndexes") {
    event.type = "dropIndexes";
    const std::string list = ArrayBuilder().Add(entry["o2"].AsDocument()).Finish();
    event.operation_description = Builder().Add("indexes", Array{list}).Finish();
  } else if (name == "collMod") {
    event.type = "modify";
    event.operation_description = WithoutFirst(o);
  } else {
    return;
  }
  events.push_back(std::move(event));
}

}  // namespace

std::vector<ChangeEvent> EventsOf(const Document& entry) {
  std::vector<ChangeEvent> events;
  const std::string_view op = entry["op"].AsString();
  const Document o = entry["o"].AsDocument();
  if (op == "c" && o.Has("applyOps")) {
    for (const Element& operation : o["applyOps"].AsDocument()) {
      for (ChangeEvent& event : EventsOf(operation.AsDocument())) {
        events.push_back(std::move(event));
      }
    }
    return events;
  }
  if (op != "i" && op != "u" && op != "d" && op != "c") return events;
  ChangeEvent event;
  event.ns = Split(entry["ns"].AsString());
  event.uuid = entry["ui"].AsBinary();
  if (op == "c") {
    AddCommandEvent(std::move(event), entry, events);
  } else {
    AddDocumentEvent(std::move(event), entry, events);
  }
  return events;
}

}  // namespace dbstow::doubles::mongodb
