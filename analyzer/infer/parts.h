/* SPDX-License-Identifier: MIT
 * Owns: what the files of inference offer each other, by file. What they share is in state.h.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_H
#define ANALYZER_INFER_PARTS_H

#include "analyzer/infer/state.h"

/* process.c */
void infer_process_record(struct event *event);
void infer_note(struct infer *infer, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *infer_hook_name(const struct process_state *process, unsigned hook);
unsigned infer_hook_role(const struct process_state *process, unsigned hook);
/* Puts the process under its pid, in front of earlier ones. */
void infer_process_has_pid(struct infer *infer, struct process_state *process, uint32_t pid);

/* marks.c */
void infer_mark_record(struct event *event);
void infer_original_record(struct event *event);
/* Begins that nothing ended. */
void infer_marks_finish(struct infer *infer);

/* missing.c */
/* What is missing in the trace, once it has been read. */
void infer_missing(struct infer *infer);

/* pauses.c */
/* Stretches that the user wished not to be recorded: they are no part of the activity periods. */
void infer_pauses(struct infer *infer);
/* Did the process's records end while its thread was at this job? */
bool infer_is_cut_off(const struct infer *infer, const struct job *job);

/* threads.c */
void infer_thread_record(struct event *event);
/* The live thread with this tid; a new one if there is none, or if that one began at another time. */
struct timeline *infer_thread(struct process_state *process, struct process *model, uint32_t tid, uint64_t start_ns);
/* The process is known to have begun at another time: so has its main thread. */
void infer_thread_began(struct event *event, uint64_t start_ns);
void infer_threads_finish(struct event *event);

/* children.c */
void infer_child_record(struct event *event);
/* Which processes must have been there without leaving a record. */
void infer_children_finish(struct infer *infer);

/* containers.c */
/* A library that calls other libraries' encoders, or has some of its own. */
bool infer_is_container(unsigned codec);
/* Its images are known by the addresses of their descriptions, not of their pixels. */
bool infer_knows_by_address(unsigned codec);

/* inputs.c: which image a read file, pipe or socket is. */
void infer_head_in(struct event *event, struct description *description, const struct image_facts *facts);

/* outputs.c: which image a written file, pipe or socket is. */
void infer_head_out(struct event *event, struct description *description, const struct image_facts *facts);
/* Different, as a rule, for fronts of images that are not the same. */
uint64_t infer_head_end(const struct trace_text *head);
/* An output whose head came while its codec call was running. What is not known by now is whose work its thread did. */
void infer_output_waits_no_more(struct event *event, struct description *description);
void infer_output_settle(struct event *event, struct session *session);
/* The job's output at this place was only on the way to another, or to itself. */
void infer_output_intermediate(struct run *run, struct job *job, size_t place);

/* files.c */
void infer_open_record(struct event *event);
void infer_close_record(struct event *event);
void infer_io_record(struct event *event);
void infer_map_record(struct event *event);
void infer_head_record(struct event *event);
struct description *infer_description(struct process_state *process, uint32_t number);
/* The job's output is what the description writes. */
void infer_add_output(struct event *event, struct job *job, struct description *description,
                      const struct image_facts *facts, enum link_rule rule);
/* The sums of what the description read or wrote go to its job. */
void infer_fold_read(struct infer *infer, const struct description *description);
void infer_fold_write(struct infer *infer, const struct description *description);
/* What is still open at the end of a process: its sums go to the jobs. */
void infer_files_finish(struct event *event);

/* facts.c */
/* To be called before infer_close_record(): it may be the end of the description. */
void infer_facts_record(struct event *event);
/* The description's output has just become an image: what was recorded of the file before is of it. */
void infer_facts_of_output(struct infer *infer, const struct description *description);
/* What images' files say that are still as the run left them. */
void infer_facts_finish(struct infer *infer);

/* streams.c: sockets and pipes. */
/* The event's transfer, before it is added to any sum. */
void infer_stream_moved(struct event *event, struct description *description, bool reads);
/* The event is the head of the next image. */
void infer_stream_head(struct event *event, struct description *description);
/* The job has read all of this file for one request: who reads it again does so for another. */
bool infer_stream_done_with(const struct process_state *process, const struct job *job,
                            const struct description *description);
/* An image's job is known; its input may be a file. */
void infer_stream_began(const struct event *event, struct description *description, bool reads);
/* False when nothing was asked on this stream. Else the job that an image written now answers, or NULL. */
bool infer_stream_answers(const struct event *event, const struct description *description, struct job **job,
                          enum link_rule *rule);
/* The image just begun: in a pipe the one that its other end has shown, if it has. */
uint32_t infer_stream_file(struct infer *infer, const struct description *description, const struct image_facts *facts,
                           bool reads);
/* The images in progress are as long as what was moved so far. */
void infer_stream_sizes(struct infer *infer, struct description *description);
/* The description's output counts as complete. */
void infer_stream_output_done(struct description *description);
void infer_streams_release(struct infer *infer);

/* paths.c */
char *infer_absolute(const struct event *event, const struct trace_text *path, int directory_fd);
void infer_path_record(struct event *event);
/* A new process looks its paths up where its parent, or what it replaces, did. */
void infer_path_process_began(struct event *event);
/* Where the file is now. Valid until it is renamed. */
const char *infer_path_now(const struct infer *infer, uint32_t file);
/* The image file that has this identity and content now, or NO_ID. */
uint32_t infer_known_file(const struct infer *infer, const struct description *description);
uint32_t infer_new_file(struct infer *infer, const struct description *description, const struct image_facts *facts);

/* memory.c */
/* An image that a codec was given or gave back in memory. */
void infer_memory_head(struct event *event, const struct image_facts *facts);
/* The image that the job has left in memory, as a file of the run. */
uint32_t infer_memory_output(struct infer *infer, struct job *job);
/* What came from memory and stayed there becomes the job's input and output, where nothing else is known. */
void infer_memory_settle(struct infer *infer, struct job *job);
/* paths.c */
uint32_t infer_new_memory(struct infer *infer, const struct image_facts *facts, uint64_t bytes);

/* sessions.c */
void infer_codec_record(struct event *event);
void infer_rows_record(struct event *event);
struct session *infer_session(struct process_state *process, uint32_t number);
void infer_session_free(struct session *session);

/* settings.c */
/* Whether the session was told this setting, and then its value; value may be NULL. */
bool infer_setting_known(const struct session *session, unsigned key, double *value);
void infer_setting_keep(struct session *session, unsigned key, double value);

/* packed.c */
/* Whether this call of zlib's belongs to an image, which then is the session's. buffer: where packed bytes lie;
 * at_once: the call is a stream of its own. */
bool infer_codes_png(struct event *event, struct session *session, unsigned role, uint64_t buffer, uint64_t bytes,
                     bool at_once);

/* links.c */
void infer_link_record(struct event *event);
void infer_setting_record(struct event *event);
void infer_quantization_record(struct event *event);
void infer_tables_release(struct infer *infer);

/* jobs.c */
struct job *infer_job_new(struct event *event, uint64_t start_ns);
void infer_job_free(struct job *job);
/* The same inputs make another output, or are loaded for one. */
/* A stage of the job was seen at ns: kept if it is the first time. */
void infer_job_enters(struct job *job, enum stage stage, uint64_t ns);
struct job *infer_job_again(struct event *event, struct job *first);
/* What `part` did was done for `job`. */
void infer_job_merge(struct process_state *process, struct job *part, struct job *job);
/* The job that this one has become part of, or it. */
struct job *infer_job_now(struct job *job);
/* Place in run->images of the image whose reading this job's pixels come from, NO_ID where it read for itself: what was
 * read again is in its own stages. */
uint32_t infer_job_read_with(const struct run *run, const struct job *job);
/* The job that a new piece of work on this thread most likely belongs to, or NULL. */
struct job *infer_job_adjacent(const struct event *event);
/* The active job one of whose ranges of this use overlaps this one, or NULL. Memory is used again and again: the
 * range that was filled last counts. */
struct job *infer_job_of_buffer(const struct process_state *process, uint64_t address, uint64_t bytes,
                                enum buffer_use use);
/* NULL: the job has been done for long. */
struct ranges *infer_job_ranges(struct job *job, enum buffer_use use);
void infer_job_touch(struct event *event, struct job *job);
/* Nothing more will come to it but cleanup. */
void infer_job_settle(struct process_state *process, struct job *job);
enum gap infer_job_phase(const struct job *job);
/* More of the job's work begins at start_ns: if it was in its tail, that turns out to lie before this work. */
void infer_job_goes_on(struct event *event, struct job *job, enum gap gap, uint64_t start_ns);
/* Same for what the job does outside codecs: it reads or writes. */
void infer_job_goes_on_io(struct event *event, struct job *job, bool reads, uint64_t start_ns);
void infer_job_add(uint32_t **list, size_t *count, size_t *capacity, uint32_t id);
/* ranges may be NULL, here and below: nothing is kept, nothing is known. */
void infer_range_add(struct ranges *ranges, uint64_t address, uint64_t bytes, uint64_t ns);
/* Whether one of them overlaps this one. */
bool infer_range_known(const struct ranges *ranges, uint64_t address, uint64_t bytes);

/* time.c: the thread's timeline. */
/* A call outside codec calls that belongs to the job; io_cpu_ns: CPU that it is charged. Returns how much of it other
 * calls of the job cover: busy time is the union of them all. */
uint64_t infer_time_call(struct event *event, struct job *job, uint64_t start_ns, uint64_t end_ns, uint64_t io_cpu_ns);
/* An outermost codec call with io_ns of I/O inside. Returns as infer_time_call() does. */
uint64_t infer_time_codec(struct event *event, struct job *job, uint64_t io_ns);
/* Row calls since first_ns that lasted ns in all, io_ns of them I/O, until now. */
void infer_time_rows(struct event *event, struct job *job, uint64_t first_ns, uint64_t ns, uint64_t io_ns,
                     enum gap gap);
void infer_time_gap(struct timeline *thread, struct job *job, enum gap gap, uint64_t ns);
/* Up to ns of what has been counted for one kind of gap since the last reading turn out to be of another kind. */
void infer_time_regap(struct timeline *thread, struct job *job, enum gap from, enum gap to, uint64_t ns);
/* If the thread's last event was the job's, the time since then, up to start_ns, is a gap of this kind. */
void infer_time_lead(struct timeline *thread, struct job *job, enum gap gap, uint64_t start_ns);
/* A call of ns that began at start_ns on this thread turns out to be the job's. Returns how much of it no gap has
 * counted by now: that is the caller's to count. */
uint64_t infer_time_earlier_call(struct timeline *thread, const struct job *job, uint64_t start_ns, uint64_t ns);
void infer_time_reading(struct event *event, uint64_t cpu_ns);
/* CPU of the time from from_ns to the last reading, as far as nobody has it yet, goes to a gap of the job. */
void infer_time_claim(struct timeline *thread, struct job *job, enum gap gap, uint64_t from_ns);

/* mappings.c */
void infer_mapping_record(struct event *event);

/* allocator.c */
void infer_allocator_record(struct event *event);

/* resources.c */
void infer_heap_record(struct event *event);
void infer_sample_record(struct event *event);
void infer_resources_process_cpu(struct event *event, uint64_t cpu_ns);
void infer_resources_process_began(struct infer *infer, struct process_state *process);
void infer_resources_process_gone(struct infer *infer, struct process_state *process, uint64_t time_ns);
/* Stretches with live processes, split where none lived for a minute; and the run's end. */
void infer_periods(struct run *run);
void infer_tree_sample(struct infer *infer, const struct trace_tree_sample *sample, uint64_t time_ns);
/* Where it was asked often enough, that is the memory of all processes together. */
void infer_tree_finish(struct infer *infer);
/* The largest shared part of those alive, and the largest of them. */
uint64_t infer_resources_largest(struct infer *infer, uint32_t *largest_process);
struct memory_composition infer_resources_composition(const struct process_state *process);
/* What all processes together had at a moment, as it was measured from outside. */
void infer_resources_measured(struct infer *infer, uint64_t time_ns, uint64_t bytes);
void infer_resources_finish(struct infer *infer);

/* blocks.c */
void infer_block_record(struct event *event);

/* The run's own copy of them, the same one for the same settings. Padding counts: they must have been zeroed first. */
struct image_settings *infer_settings_shared(struct infer *infer, const struct image_settings *settings);
/* What was asked of libvips, which uses a name for several things, as settings of this format. */
void infer_settings_of_vips(struct image_settings *settings, enum image_format format);

/* joins.c */
/* The job's output has just been begun: those written for it before may have been trials. */
void infer_joins_trial(struct event *event, struct job *job);
/* Only passes its input's bytes on: it is no image. */
bool infer_is_copy(const struct infer *infer, const struct job *job);
/* Before images are made of jobs: which of them are one. */
void infer_joins_finish(struct infer *infer);

/* chains.c: sorts the images by their start and finds their chains. */
void infer_images_in_order(struct run *run);

/* unhooked.c: the event is a module of this name. */
void infer_unhooked_module(struct event *event, const char *name);
/* After the images are made. */
void infer_unhooked_finish(struct infer *infer);

/* images.c, workers.c: jobs to images, chains and lanes. */
void infer_images_finish(struct infer *infer);
void infer_workers_finish(struct infer *infer);

/* outside.c: at the end of all */
void infer_outside_finish(struct infer *infer);

#endif
