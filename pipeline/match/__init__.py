"""Recognising copies: pure functions from texts to stories.

The flow, for a batch of articles in time order::

    fingerprints = fingerprint_bodies(bodies)              # fingerprint: shingles, keys
    candidates = find_candidates(batch, ...)               # batch: stored copies that share keys, in the window
    plan = plan_stories(batch, candidates, ...)            # plan_batch does, for each article of the batch:
        by_story = candidates of the store and of the batch, the 40 that share most keys
        assignment = the story that a withdrawal notice names                                  # withdrawal
                  or assign(article, by_story)                                                 # assign:
                       score = mean containment by weight of a story's best five members       # compare, first_seen
                       a digest of several stories opens a story of its own
                       for story in stories by score:
                           join if the alignment with its best member confirms the score       # alignment
                       a known text joins the older story that it reprints
                       else a new story
        links = find_links(article, stories)               # links: follow-up, digest, derived, live blog
        a text made from several stories opens a story of its own
        merge = find_merge(article, stories)               # merging: does it show two stories to be one?
    and for each story touched:
        version = choose(members)                          # canonical: which copy's text is the story's
                  reconcile(copy, members)                 # reconcile: paragraph by paragraph
    the store carries out the plan in one transaction
    update_workspace(workspace, plan, stories)             # workspace: members and prepared texts of the run

:mod:`~pipeline.match.batch` says what is asked of the store; :mod:`~pipeline.match.memory_index` answers it in memory
for :mod:`~pipeline.match.corpus`, whose documents :mod:`~pipeline.match.reading` reads.
:mod:`~pipeline.match.sentences` splits texts once. :mod:`~pipeline.match.revised` judges edited pages,
:mod:`~pipeline.match.evaluate` scores a clustering against the truth.
"""
