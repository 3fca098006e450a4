#include "doubles/mongodb/testing/plain_model.h"

#include <algorithm>

#include "doubles/mongodb/bson/builder.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

void SetField(const Element& field, PlainDocument& document) {
  if (field.name() == "n") document.number = field.AsInt64();
  if (field.name() == "t") document.text = std::string(field.AsString());
}

std::string ApplyUpdate(const Document& entry, PlainCollection& collection) {
  const int id = static_cast<int>(entry["o2"].AsDocument()["_id"].AsInt64());
  PlainDocument* document = collection.Find(id);
  if (document == nullptr) return "update of a document that is not there";
  const Document o = entry["o"].AsDocument();
  if (!o.Has("$v")) {
    *document = ReadPlain(o);
    return document->id == id ? "" : "replacement of another document";
  }
  const Document diff = o["diff"].AsDocument();
  for (const Element& gone : diff["d"].AsDocument()) {
    if (gone.name() == "n") document->number.reset();
    if (gone.name() == "t") document->text.reset();
  }
  for (const char* part : {"u", "i"}) {
    for (const Element& field : diff[part].AsDocument()) SetField(field, *document);
  }
  return "";
}

std::string ApplyCommand(const Document& o, const std::string& db, PlainModel& model) {
  const Element command = o.First();
  const std::string target(command.AsString());
  if (command.name() == "applyOps") {
    for (const Element& op : command.AsDocument()) {
      std::string wrong = ApplyEntry(op.AsDocument(), db, model);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }
  if (command.name() == "create") {
    const auto [made, fresh] = model.try_emplace(target);
    made->second.cap = static_cast<int>(o["max"].AsInt64());
    return fresh ? "" : "create of what exists";
  }
  if (command.name() == "drop") return model.erase(target) == 1 ? "" : "drop of nothing";
  if (command.name() == "renameCollection") {
    const std::string from = target.substr(db.size() + 1);
    const std::string to = std::string(o["to"].AsString()).substr(db.size() + 1);
    if (model.count(from) == 0) return "rename of nothing";
    if ((model.count(to) != 0) != o.Has("dropTarget")) return "rename with a wrong dropTarget";
    PlainCollection moved = std::move(model[from]);
    model.erase(from);
    model[to] = std::move(moved);
    return "";
  }
  if (model.count(target) == 0) return "command on nothing";
  if (command.name() == "createIndexes") {
    model[target].indexes.emplace(o["name"].AsString());
  } else if (command.name() == "commitIndexBuild") {
    for (const Element& spec : o["indexes"].AsDocument()) {
      model[target].indexes.emplace(spec.AsDocument()["name"].AsString());
    }
  } else if (command.name() == "dropIndexes") {
    model[target].indexes.erase(std::string(o["index"].AsString()));
  } else if (command.name() != "startIndexBuild") {
    return "unknown command in the oplog";
  }
  return "";
}

}  // namespace

PlainDocument* PlainCollection::Find(int id) {
  const auto found = std::find_if(documents.begin(), documents.end(),
                                  [id](const PlainDocument& d) { return d.id == id; });
  return found == documents.end() ? nullptr : &*found;
}

void PlainCollection::Remove(int id) {
  std::erase_if(documents, [id](const PlainDocument& d) { return d.id == id; });
}

void PlainCollection::EnforceCap() {
  while (cap > 0 && documents.size() > static_cast<std::size_t>(cap)) {
    documents.erase(documents.begin());
  }
}

std::string Encode(const PlainDocument& document) {
  Builder out;
  out.Add("_id", document.id);
  if (document.number) out.Add("n", *document.number);
  if (document.text) out.String("t", *document.text);
  return out.Finish();
}

PlainDocument ReadPlain(const Document& document) {
  PlainDocument plain;
  plain.id = static_cast<int>(document["_id"].AsInt64());
  for (const Element& field : document) SetField(field, plain);
  return plain;
}

std::string Describe(const PlainModel& model) {
  std::string text;
  for (const auto& [name, collection] : model) {
    text += name + (collection.cap > 0 ? " capped:" : ":");
    for (const PlainDocument& document : collection.documents) {
      text += " " + std::to_string(document.id);
      if (document.number) text += "/" + std::to_string(*document.number);
      if (document.text) text += "'" + *document.text;
    }
    for (const std::string& index : collection.indexes) text += " +" + index;
    text += "\n";
  }
  return text;
}

std::string ApplyEntry(const Document& entry, const std::string& db, PlainModel& model) {
  const std::string op(entry["op"].AsString());
  const std::string ns(entry["ns"].AsString());
  if (op == "n") return "";
  // A transaction is logged there, whatever databases it wrote to.
  if (op == "c" && ns == "admin.$cmd" && entry["o"].AsDocument().Has("applyOps")) {
    return ApplyCommand(entry["o"].AsDocument(), db, model);
  }
  if (ns.compare(0, db.size() + 1, db + ".") != 0) return "";
  if (op == "c") return ApplyCommand(entry["o"].AsDocument(), db, model);
  const auto found = model.find(ns.substr(db.size() + 1));
  if (found == model.end()) return "write to a collection that is not there";
  const Document o = entry["o"].AsDocument();
  if (op == "u") return ApplyUpdate(entry, found->second);
  const PlainDocument document = ReadPlain(o);
  const bool there = found->second.Find(document.id) != nullptr;
  if (op == "i") {
    if (there) return "insert of what exists";
    found->second.documents.push_back(document);
    return "";
  }
  if (op != "d") return "unknown op";
  if (!there) return "delete of nothing";
  found->second.Remove(document.id);
  return "";
}

}  // namespace dbstow::doubles::mongodb::testing
