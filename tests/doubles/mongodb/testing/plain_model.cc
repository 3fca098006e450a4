#include "doubles/mongodb/testing/plain_model.h"

#include <algorithm>

#include "doubles/mongodb/testing/bson_json.h"

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

std::string Rename(const std::string& from, const std::string& to, bool drops, PlainModel& model) {
  auto& collections = model.collections;
  if (collections.count(from) == 0) return "rename of nothing";
  if ((collections.count(to) != 0) != drops) return "rename with a wrong dropTarget";
  PlainCollection moved = std::move(collections[from]);
  collections.erase(from);
  collections[to] = std::move(moved);
  return "";
}

std::string ApplyCommand(const Document& o, const std::string& db, PlainModel& model) {
  const Element command = o.First();
  const std::string target(command.AsString());
  auto& collections = model.collections;
  if (command.name() == "applyOps") {
    for (const Element& op : command.AsDocument()) {
      std::string wrong = ApplyEntry(op.AsDocument(), db, model);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }
  if (command.name() == "create") {
    const auto [made, fresh] = collections.try_emplace(target);
    made->second.cap = static_cast<int>(o["max"].AsInt64());
    return fresh ? "" : "create of what exists";
  }
  if (command.name() == "drop") return collections.erase(target) == 1 ? "" : "drop of nothing";
  if (command.name() == "renameCollection") {
    return Rename(target.substr(db.size() + 1),
                  std::string(o["to"].AsString()).substr(db.size() + 1), o.Has("dropTarget"),
                  model);
  }
  if (collections.count(target) == 0) return "command on nothing";
  PlainCollection& collection = collections[target];
  if (command.name() == "createIndexes") {
    collection.indexes.emplace(o["name"].AsString());
  } else if (command.name() == "commitIndexBuild") {
    for (const Element& spec : o["indexes"].AsDocument()) {
      collection.indexes.emplace(spec.AsDocument()["name"].AsString());
    }
  } else if (command.name() == "dropIndexes") {
    collection.indexes.erase(std::string(o["index"].AsString()));
  } else if (command.name() == "collMod") {
    collection.most = ReadValidator(o);
  } else if (command.name() != "startIndexBuild") {
    return "unknown command in the oplog";
  }
  return "";
}

/// Views are documents of their own collection.
std::string ApplyToViews(const Document& entry, const std::string& db, PlainModel& model) {
  const std::string op(entry["op"].AsString());
  const Document o = entry["o"].AsDocument();
  const Document named = op == "u" ? entry["o2"].AsDocument() : o;
  const std::string name = std::string(named["_id"].AsString()).substr(db.size() + 1);
  const bool there = model.views.count(name) != 0;
  if (there == (op == "i")) return "a view that is there, or is not";
  if (op == "d") {
    model.views.erase(name);
  } else {
    model.views[name] = ReadView(o);
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

std::vector<PlainDocument> PlainModel::Seen(const std::string& view) const {
  const auto found = views.find(view);
  std::vector<PlainDocument> documents;
  if (found == views.end()) {
    const auto source = collections.find(view);
    return source == collections.end() ? documents : source->second.documents;
  }
  documents = Seen(found->second.source);
  std::erase_if(documents, [&](const PlainDocument& document) {
    return !document.number || *document.number < found->second.least;
  });
  return documents;
}

std::string ViewPipeline(std::int64_t least) {
  const std::string match = ToBson({{"$match", {{"n", {{"$gte", least}}}}}});
  return ArrayBuilder().Add(Document(match)).Finish();
}

std::string Validator(std::int64_t most) { return ToBson({{"n", {{"$not", {{"$gt", most}}}}}}); }

PlainView ReadView(const Document& definition) {
  const Document stage = definition["pipeline"].AsDocument().First().AsDocument();
  const Document condition = stage["$match"].AsDocument()["n"].AsDocument();
  return {std::string(definition["viewOn"].AsString()), condition["$gte"].AsInt64()};
}

std::optional<std::int64_t> ReadValidator(const Document& options) {
  const Document field = options["validator"].AsDocument()["n"].AsDocument();
  const Element most = field["$not"].AsDocument()["$gt"];
  return most ? std::optional(most.AsInt64()) : std::nullopt;
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
  for (const auto& [name, view] : model.views) {
    text += name + ": " + view.source + " from " + std::to_string(view.least) + "\n";
  }
  for (const auto& [name, collection] : model.collections) {
    text += name + (collection.cap > 0 ? " capped:" : ":");
    if (collection.most) text += " (up to " + std::to_string(*collection.most) + ")";
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
  if (ns == db + ".system.views") return ApplyToViews(entry, db, model);
  if (op == "c") return ApplyCommand(entry["o"].AsDocument(), db, model);
  const auto found = model.collections.find(ns.substr(db.size() + 1));
  if (found == model.collections.end()) return "write to a collection that is not there";
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
